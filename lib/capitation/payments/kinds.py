"""What a partner is paid for a year's care under its kind of payment, stream by stream."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from capitation.design.payment_parts import Partner, Payments
from capitation.loss.ratio import Floats
from capitation.payments import mechanisms
from capitation.payments.partners import Plans, activity_payment, block_payment, block_shares

Streams = dict[str, Floats | float]
BLOCK, ACTIVITY = "block", "activity"
PLANNED, AS_GIVEN, AT_SETTLEMENT = "planned", "as given", "at settlement"
"""When money is due: known beforehand, and paid by the calendar; as care is given; or when the year has been reckoned."""
DUE = {
    BLOCK: PLANNED, "fixed element": PLANNED, "sub-capitation": PLANNED, "low-volume block": PLANNED,
    ACTIVITY: AS_GIVEN, "elective care": AS_GIVEN,
}  # fmt: skip
"""When each stream of a kind of payment is due; those not named here at the settlement."""
ALL, NONE = (1.0, 1.0), (0.0, 0.0)  # of the risk of care beyond plan, and short of it


@dataclass(frozen=True, eq=False)
class Care:
    """One partner's year: its ``plan`` of the yearly sum and the recorded cost of the care ``given``, currency, one shape.

    ``share`` is the block share where no kind of its own is entered; ``past`` what its care cost in each base year;
    ``people`` those it answers for over those of the base years; ``score`` the outcome points won, from 0 to 1.
    """

    plan: Floats
    given: Floats
    share: float
    past: tuple[float, ...] = ()
    people: float = 1.0
    score: float = 1.0


def care_of(provider: str, plans: Plans, payments: Payments, plan: Floats, given: Floats, score: float,
            year_part: float | None = None) -> Care:  # fmt: skip
    """One partner's year as its plans and the contract's terms have it; ``year_part`` where it is not that of the plans."""
    part = plans.year_part if year_part is None else year_part
    past = tuple(cost * part for cost in plans.past.get(provider, ()))
    share = block_shares(plans.shares, payments)[provider]
    return Care(plan, given, share, past, plans.people.get(provider, 1.0), score)


def paid(care: Care, terms: Partner) -> dict[str, Floats]:
    """What the partner is paid by stream, in currency, shape of ``given``. Errors as the functions of `mechanisms`."""
    streams = KINDS[terms.kind][0](care, terms)
    return {
        name: np.broadcast_to(np.asarray(amount, dtype=float), care.given.shape) for name, amount in streams.items()
    }


def volume_borne(care: Care, terms: Partner) -> Floats:
    """The part of the risk of its volume that the partner bears, from 0 to 1, shape of ``given``: of care beyond plan, or
    short of it, as the year turned out; all of it where care off plan is not paid for yet."""
    beyond, short = KINDS[terms.kind][1](care.share, terms)
    off = terms.threshold if terms.kind == "marginal rate" else 0.0
    if not off and beyond == short:
        return np.broadcast_to(np.float64(beyond), care.given.shape)
    return np.where(
        care.given > (1 + off) * care.plan,
        beyond,
        np.where(care.given < (1 - off) * care.plan, short, 1.0 if off else beyond),
    )


def _as_shared(care: Care, _: Partner) -> Streams:
    return {BLOCK: block_payment(care.plan, care.share), ACTIVITY: activity_payment(care.given, care.share)}


def _marginal(care: Care, terms: Partner) -> Streams:
    off_plan = mechanisms.marginal_rate(0.0, care.plan, care.given, terms.rate_above, terms.rate_below, terms.threshold)
    return {BLOCK: care.plan, "off plan at a marginal rate": off_plan}


def _aligned(care: Care, terms: Partner) -> Streams:
    planned, given = terms.elective_share * care.plan, terms.elective_share * care.given
    elective = mechanisms.aligned_payment(0.0, planned, given, terms.elective_rate)
    return {"fixed element": care.plan - planned, "elective care": elective}


def _low_volume(care: Care, _: Partner) -> Streams:
    return {"low-volume block": mechanisms.low_volume_block(care.past[-mechanisms.LOW_VOLUME_YEARS :])}


def _performance(care: Care, terms: Partner) -> Streams:
    held_back = terms.performance_share
    return {
        BLOCK: (1 - held_back) * care.plan,
        "performance": mechanisms.performance_pay(care.plan, held_back, care.score),
    }


def _both(part: float) -> tuple[float, float]:
    return part, part


Borne = Callable[[float, Partner], tuple[float, float]]
KINDS: dict[str, tuple[Callable[[Care, Partner], Streams], Borne]] = {
    "as the block share says": (_as_shared, lambda share, _: (share, share)),
    "block": (lambda care, _: {BLOCK: care.plan}, lambda *_: ALL),
    "activity": (lambda care, _: {ACTIVITY: mechanisms.activity(care.given)}, lambda *_: NONE),
    "marginal rate": (_marginal, lambda _, terms: (1 - terms.rate_above, 1 - terms.rate_below)),
    "cost and volume": (
        lambda care, _: {
            BLOCK: care.plan,
            "volume beyond plan": mechanisms.cost_and_volume(0.0, care.plan, care.given),
        },
        lambda *_: (0.0, 1.0),
    ),
    "sub-capitation": (
        lambda care, _: {"sub-capitation": mechanisms.sub_capitation(care.plan, care.people)},
        lambda *_: ALL,
    ),
    "aligned payment": (_aligned, lambda _, terms: _both(1 - terms.elective_share * terms.elective_rate)),
    "low-volume block": (_low_volume, lambda *_: ALL),
    "block and performance": (_performance, lambda *_: ALL),
}
"""What each kind pays by stream, and the part of the risk of care beyond plan and short of it that it leaves with the partner."""
