"""The terms of what is paid for outcomes: the measures, their scales, and how much depends on them."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from capitation.design.declaration import Part, term
from capitation.terms import PERCENT, SHARE


class PaidMeasure(Part):
    """One outcome measure on which money depends."""

    floor: float = term(0.0, "Floor", low=0, high=1_000, step=0.005, meaning="Nothing is earned at or beyond it.")
    target: float = term(
        1.0,
        "Target",
        low=0,
        high=1_000,
        step=0.005,
        meaning="All is earned at or beyond it; a target below the floor means lower is better.",
    )
    weight: float = term(
        1.0,
        "Weight",
        low=0,
        high=100,
        step=0.5,
        meaning="Relative: the weights of all measures are brought to sum to 1.",
    )
    scale: Literal["linear", "steps", "cliff"] = term(
        "linear", "Scale between floor and target", source="linear scales pay least for luck (measures reference, section 6)",
        meaning="Steps: a fixed number of equal steps. Cliff: all at the target, nothing short of it.",
    )  # fmt: skip
    steps: int = term(4, "Number of steps", low=2, high=20, meaning="With a scale in steps only.")
    target_share: float = term(
        1.0, "Earned at the target", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Of the measure’s points; the rest is earned between target and stretch.",
    )  # fmt: skip
    stretch: float = term(
        0.0,
        "Stretch",
        low=0,
        high=1_000,
        step=0.005,
        meaning="All is earned at or beyond it, where the target earns less. 0: none.",
    )
    rewards: Literal["attainment", "improvement", "the better of both"] = term(
        "attainment", "Points are won for", source="the better of both: US hospital value-based purchasing",
        meaning="Attainment: the value reached. Improvement: the change since the last base year.",
    )  # fmt: skip
    improvement: float = term(
        0.05, "Improvement that earns all", low=0.0001, high=1_000, step=0.005,
        meaning="In the measure’s own unit, for the better. Half of it earns half the points.",
    )  # fmt: skip
    gate: float = term(
        0.0, "Gate", low=0, high=1_000, step=0.005,
        meaning="A value that has to be reached for anything to be earned on any measure. 0: none.",
    )  # fmt: skip

    @property
    def lower_is_better(self) -> bool:
        """The direction, told by where the target lies."""
        return self.target < self.floor

    @model_validator(mode="after")
    def _floor_apart_from_target(self) -> "PaidMeasure":
        if self.floor == self.target:
            raise ValueError(f"floor and target are both {self.floor:g}: there is no scale between them")
        return self

    @model_validator(mode="after")
    def _stretch_beyond_the_target(self) -> "PaidMeasure":
        beyond = self.stretch < self.target if self.lower_is_better else self.stretch > self.target
        if self.target_share < 1 and not (self.stretch and beyond):
            raise ValueError(
                f"the target earns {100 * self.target_share:g} %, so the rest needs a stretch beyond {self.target:g}"
            )
        return self


class Outcomes(Part):
    """What is paid for outcomes: a part of the price kept back, or paid on top, and earned by points."""

    pays: Literal["part kept back", "bonus"] = term(
        "part kept back",
        "Outcomes are paid by",
        meaning="Part kept back: earned back. Bonus: paid on top of the price.",
    )
    withhold: float = term(
        0.03,
        "Share of the price that depends on outcomes",
        unit=SHARE,
        low=0,
        high=0.5,
        step=0.005,
        source="real deals put 1 to 5 % on outcomes; above 10 % is unusual",
        meaning="Earned in the ratio of points won to points possible.",
    )
    phases: tuple[int, ...] = term(
        (), "Part paid for points by contract year", unit=PERCENT, 
        source="shadow, pay for reporting, half, all (measures reference, section 6)",
        meaning="The rest is paid for reporting every measure; the last holds for the years after. None given: all from the start.",
    )  # fmt: skip
    missing: Literal["earns nothing", "is left out", "keeps the year before"] = term(
        "earns nothing", "A measure without a value", source="US hospital value-based purchasing rescales the rest",
        meaning="Left out: the other measures’ weights take its place.",
    )  # fmt: skip
    adjusted: bool = term(
        False, "Values are adjusted for who is in",
        meaning="Observed over expected for age, sex and deprivation, times the base years’ level.",
    )  # fmt: skip
    gate: float = term(
        0.0,
        "Quality gate on gains",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="Share of points below which the holder keeps no gain.",
    )
    gate_on_loss: float = term(
        0.0,
        "Below the gate a loss grows by",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        source="Medicare shared savings, ENHANCED: the largest loss share where no quality standard is met",
        meaning="Of the holder’s loss after every other clause; paid to the commissioner.",
    )
    worthwhile: float = term(
        0.1, "Improvement worth paying for", unit=SHARE, low=0.005, high=1, step=0.005,
        meaning="Of a measure’s value; what ‘truly improved’ means where its target says no other, and what the designer looks for.",
    )  # fmt: skip
    measures: dict[str, PaidMeasure] = Field(default_factory=dict)

    @field_validator("measures")
    @classmethod
    def _names_fit_a_path(cls, measures: dict[str, PaidMeasure]) -> dict[str, PaidMeasure]:
        for name in measures:
            if not name or "." in name:
                raise ValueError(f"a measure's name can't be empty or hold a full stop: {name!r}")
        return measures

    @field_validator("phases")
    @classmethod
    def _parts_of_the_money(cls, phases: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= part <= 100 for part in phases):
            raise ValueError(f"the parts {', '.join(map(str, phases))} % are not all from 0 to 100 %")
        return phases
