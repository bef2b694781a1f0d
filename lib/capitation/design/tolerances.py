"""What each party can bear, and which terms may move when terms are looked for that keep within it."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from capitation.design.declaration import Part, term
from capitation.terms import SHARE

MovableTerm = Literal[
    "risk.stop_loss.attachment",
    "risk.stop_loss.commissioner_share",
    "risk.aggregate_stop_loss.attachment",
    "risk.aggregate_stop_loss.commissioner_share",
    "risk.corridor.inner",
    "risk.corridor.outer",
    "risk.corridor.inner_share",
    "risk.corridor.outer_share",
    "risk.corridor.beyond_share",
    "risk.sharing.gain_share",
    "risk.sharing.loss_share",
    "risk.sharing.gain_cap",
    "risk.sharing.loss_cap",
    "risk.profit_limits.cap",
    "risk.profit_limits.guarantee",
    "payments.block_share",
    "payments.partner_share",
]
MOVABLE: tuple[MovableTerm, ...] = get_args(MovableTerm)
MEAN_OF_WORST = "mean of the worst 1 in 20"
EIGHT: tuple[MovableTerm, ...] = (
    "risk.stop_loss.attachment",
    "risk.stop_loss.commissioner_share",
    "risk.aggregate_stop_loss.attachment",
    "risk.aggregate_stop_loss.commissioner_share",
    "risk.corridor.outer",
    "risk.corridor.outer_share",
    "risk.corridor.beyond_share",
    "payments.block_share",
)


class PartnerTolerance(Part):
    """What one partner can bear."""

    loss: float = term(
        0.15,
        "Loss it can bear one year in twenty",
        unit=SHARE,
        low=0,
        high=1,
        step=0.005,
        meaning="Share of its yearly turnover.",
    )


class Tolerances(Part):
    """What each party can bear one year in twenty, and which terms may move to keep within it. No settlement reads them."""

    holder: float = term(
        0.5,
        "Holder's loss, one year in twenty",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="Share of its reserves.",
    )
    partners: float = term(
        0.15,
        "Each partner's loss, one year in twenty",
        unit=SHARE,
        low=0,
        high=1,
        step=0.005,
        meaning="Share of its yearly turnover, but for partners named apart.",
    )
    by_partner: dict[str, PartnerTolerance] = Field(default_factory=dict)
    commissioner: float = term(
        0.20,
        "Commissioner's payment beyond the price, one year in twenty",
        unit=SHARE,
        low=0,
        high=1,
        step=0.005,
        meaning="Share of the price.",
    )
    premium: float = term(
        0.02,
        "Commissioner's payment beyond the price, on average",
        unit=SHARE,
        low=0,
        high=0.5,
        step=0.0025,
        meaning="Share of the price: the premium it pays for bearing risk, at the most.",
    )
    reads: Literal["1-in-20 year", "mean of the worst 1 in 20"] = term(
        "1-in-20 year",
        "What is held against each tolerance",
        source="Acerbi and Tasche (2002): a limit on the 1-in-20 year alone says nothing of what lies beyond it",
        meaning="The mean of the worst looks at how bad the years beyond are, too.",
    )
    movable: tuple[MovableTerm, ...] = term(
        EIGHT, "Terms that may move", meaning="Within the ranges they can have; those of a clause switched off stay."
    )

    @field_validator("movable")
    @classmethod
    def _some_each_once(cls, movable: tuple[MovableTerm, ...]) -> tuple[MovableTerm, ...]:
        if not movable:
            raise ValueError("no term may move, so there is nothing to look for; name at least one")
        if len(set(movable)) < len(movable):
            raise ValueError("a term is named twice")
        return movable
