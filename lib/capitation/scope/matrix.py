"""Services by setting, in and out; what each group of people has covered; and charged care less what clients pay.

Every function takes lines as `Sums.lines` returns them: member, the labels asked for, service, provider, amount,
client_paid. Amounts are of one year, in the data set's currency; ``net`` takes off what clients paid.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

IN, OUT = "within", "without"


def members_only(lines: pd.DataFrame) -> pd.DataFrame:
    """The members' lines."""
    return lines[lines["member"].to_numpy(dtype=bool)]


def paid_for(lines: pd.DataFrame, net: bool) -> pd.Series:
    """What is to be paid for each line: the amount, less what clients paid where ``net``."""
    return lines["amount"] - lines["client_paid"] if net else lines["amount"]


def _in_and_out(lines: pd.DataFrame, by: str, inside: Collection[str], net: bool) -> pd.DataFrame:
    covered = np.array([service in inside for service in lines["service"]], dtype=bool)
    amount, (place, names) = paid_for(lines, net).to_numpy(dtype=float), pd.factorize(lines[by], sort=True)
    within, without = (np.bincount(place, amount * part, len(names)) for part in (covered, ~covered))
    whole = within + without
    share = np.divide(within, whole, out=np.zeros(len(names)), where=whole != 0)
    return pd.DataFrame({IN: within, OUT: without, "whole": whole, "share": share}, index=names)


def service_matrix(
    lines: pd.DataFrame, settings: Mapping[str, str], inside: Collection[str], net: bool
) -> pd.DataFrame:
    """The members' spend by service: service, setting, within, without, whole, share (of the service's whole, 0 or 1).

    Source: domain reference, row 19.
    """
    found = _in_and_out(members_only(lines), "service", inside, net).rename_axis("service").reset_index()
    found.insert(1, "setting", [settings.get(service, "") for service in found["service"]])
    return found.sort_values(["setting", "service"], ignore_index=True)


def setting_matrix(services: pd.DataFrame) -> pd.DataFrame:
    """The sums of a `service_matrix` by setting: setting, within, without, whole, share.

    An amount that may not be shown (NaN) makes its setting's NaN, so that it can't be had by subtraction.
    """
    by_setting = services.groupby("setting")[[IN, OUT]]
    sums = by_setting.sum().mask(by_setting.apply(lambda part: part.isna().any()).astype(bool))
    whole = sums[IN] + sums[OUT]
    return sums.assign(whole=whole, share=sums[IN] / whole.where(whole != 0)).reset_index()


def coverage_by_group(lines: pd.DataFrame, group: str, inside: Collection[str], net: bool) -> pd.DataFrame:
    """How much of each group's whole spend is covered: the group, within, without, whole, share.

    ``group`` is the name of the grouping that the lines are by. Source: domain reference, row 19.
    """
    return _in_and_out(members_only(lines), group, inside, net).rename_axis(group).reset_index()


def cost_by_group(lines: pd.DataFrame, exposure: pd.Series, group: str, net: bool) -> pd.DataFrame:
    """Cost per person-year of each group by service: rows groups, columns services, in the order of ``exposure``."""
    mine = members_only(lines)
    amounts = paid_for(mine, net).groupby([mine[group], mine["service"]]).sum().unstack(fill_value=0)
    return amounts.reindex(exposure.index, fill_value=0.0).div(exposure.where(exposure > 0), axis=0).fillna(0.0)


def gross_and_net(lines: pd.DataFrame) -> pd.DataFrame:
    """The services that charge anything: service, gross, client_paid, net, client_share (of gross).

    Source: domain reference, row 21 (gross less the client's contribution).
    """
    sums = members_only(lines).groupby("service")[["amount", "client_paid"]].sum()
    charged = sums[sums["client_paid"] != 0].rename(columns={"amount": "gross"})
    share = charged["client_paid"] / charged["gross"].where(charged["gross"] != 0)
    return charged.assign(net=charged["gross"] - charged["client_paid"], client_share=share).reset_index()
