"""Patients' choice: the holder's people treated elsewhere, and other people treated by the holder's partners."""

from collections.abc import Mapping
from dataclasses import dataclass

from capitation.errors import InputError
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class ChoiceTerms:
    """What is paid of the tariff value of care, for leavers by the holder and for incomers to the holder.

    Source of the default rates: Alzira II, leavers at 100 %, incomers at 80 % of the regional average. Raises
    InputError for a rate below 0.
    """

    leavers: float = 1.0
    incomers: float = 0.8

    def __post_init__(self) -> None:
        for name, rate in (("leavers", self.leavers), ("incomers", self.incomers)):
            if not rate >= 0:
                raise InputError("patient choice", f"a rate of {rate:g} for {name}", "0 or more")


def net_choice(leavers: Floats | float, incomers: Floats | float, terms: ChoiceTerms) -> Floats | float:
    """What the holder is left with of both flows: incomers' rate · incomers - leavers' rate · leavers.

    Tariff values of care in the contract's currency, single figures or drawn years of one shape.
    """
    return terms.incomers * incomers - terms.leavers * leavers


def net_by_provider(
    leavers: Mapping[str, float], incomers: Mapping[str, float], terms: ChoiceTerms
) -> dict[str, float]:
    """What the holder receives on balance from each outside provider, or pays it where negative.

    ``leavers`` is the tariff value of the holder's people treated there, ``incomers`` of people from there treated here.
    """
    providers = dict.fromkeys([*leavers, *incomers])
    return {p: float(net_choice(leavers.get(p, 0.0), incomers.get(p, 0.0), terms)) for p in providers}


def choice_flows(
    leavers: Mapping[str, float], incomers: Mapping[str, float], terms: ChoiceTerms, holder: str
) -> dict[str, float]:
    """What the holder and each outside provider receive, signed; they sum to zero.

    Raises InputError where the holder is named among the outside providers.
    """
    nets = net_by_provider(leavers, incomers, terms)
    if holder in nets:
        raise InputError("patient choice", f"{holder} is named as an outside provider", "others than the holder")
    return {holder: sum(nets.values()), **{provider: -net for provider, net in nets.items()}}


def incomers_to_break_even(leavers: float, terms: ChoiceTerms) -> float:
    """The tariff value of incomers that pays for these leavers. Raises InputError where incomers are not paid for."""
    if terms.incomers == 0:
        raise InputError("patient choice", "a rate of 0 for incomers", "more than 0, to break even")
    return terms.leavers * leavers / terms.incomers
