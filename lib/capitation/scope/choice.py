"""Patient choice: members who go to providers outside the contract, and people from outside who come to its partners.

Analysis beside the settlement: no money line depends on it. Source: domain reference, row 24 (Alzira: out at 100 %,
in at 80 %).
"""

from collections.abc import Collection

import pandas as pd

from capitation.design.parts import Scope as ScopeTerms
from capitation.errors import InputError
from capitation.scope.matrix import paid_for


def choice_flows(lines: pd.DataFrame, inside: Collection[str], terms: ScopeTerms) -> pd.DataFrame:
    """Care in scope by provider (lines as `Sums.lines` returns them): what choice costs and brings the holder's side.

    Columns: provider, partner, of_members, of_others (cost recorded), out (paid for members at providers outside),
    in (received for others at partners), net (in - out).
    """
    mine = lines[lines["service"].isin(list(inside))]
    member = mine["member"].to_numpy(dtype=bool)
    amount = paid_for(mine, terms.net_of_client)
    sums = pd.DataFrame({"of_members": amount.where(member, 0.0), "of_others": amount.where(~member, 0.0)})
    found = sums.groupby(mine["provider"]).sum().rename_axis("provider").reset_index()
    partner = ~found["provider"].isin(list(terms.outside_providers))
    out = terms.outflow_price * found["of_members"].where(~partner, 0.0)
    came = terms.inflow_price * found["of_others"].where(partner, 0.0)
    return found.assign(partner=partner, out=out, **{"in": came}, net=came - out)


def check_providers(named: Collection[str], known: Collection[str]) -> None:
    """Raise InputError for a provider outside the contract that the data do not have."""
    for name in named:
        if name not in known:
            raise InputError("scope.outside_providers", f"the data set has no provider {name!r}",
                             "one of " + ", ".join(sorted(map(str, known))))  # fmt: skip
