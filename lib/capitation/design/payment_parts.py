"""The terms of the payments between holder and partners, and what each partner brings to the contract."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from capitation.design.declaration import Part, term
from capitation.terms import COUNT, DAYS, MONEY, MONTHS, PERCENT, SHARE, YEARS

PAYMENT_SCHEME = "NHS Payment Scheme 2025/26"
Kind = Literal[
    "as the block share says", "block", "activity", "marginal rate", "cost and volume", "sub-capitation",
    "aligned payment", "low-volume block", "block and performance",
]  # fmt: skip
Rule = Literal[
    "budget", "equal", "equity", "performance", "investment need", "compensate losers", "Shapley value",
]  # fmt: skip


class Partner(Part):
    """One partner: how it is paid, what it could lose and stay solvent, and what it does with less income."""

    kind: Kind = term(
        "as the block share says",
        "Kind of payment",
        source=f"{PAYMENT_SCHEME} and its guidance on provider payment",
        meaning="Where activity is poorly recorded, a block of which a part is paid for performance.",
    )
    rate_above: float = term(
        0.5, "Marginal rate above plan", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Of the unit price of care beyond plan; with a marginal rate only.",
    )  # fmt: skip
    rate_below: float = term(
        0.5, "Marginal rate below plan", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Taken off for care short of plan; with a marginal rate only.",
    )  # fmt: skip
    threshold: float = term(
        0.0, "Off plan before the marginal rate starts", unit=SHARE, low=0, high=0.5, step=0.01,
        meaning="Of the planned care; with a marginal rate only.",
    )  # fmt: skip
    elective_share: float = term(
        0.3, "Part of its plan that is elective care", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Paid by what was done; with an aligned payment only, of which the rest is fixed.",
    )  # fmt: skip
    elective_rate: float = term(
        1.0, "Rate for elective care off plan", unit=SHARE, low=0, high=1, step=0.05,
        source=f"{PAYMENT_SCHEME}: 100 % of unit prices; 75 % in 2022/23", meaning="With an aligned payment only.",
    )  # fmt: skip
    performance_share: float = term(
        0.05, "Part paid for performance", unit=SHARE, low=0, high=1, step=0.01,
        meaning="Earned in the ratio of outcome points won; with block and performance only.",
    )  # fmt: skip
    localities: tuple[str, ...] = term(
        (), "Localities whose people it answers for",
        meaning="With sub-capitation its payment follows their number; none chosen means everybody.",
    )  # fmt: skip
    turnover: float = term(
        0.0,
        "Yearly turnover",
        unit=MONEY,
        low=0,
        high=10_000_000_000,
        step=1_000_000,
        meaning="Of all its work. 0: what this contract is planned to pay it.",
    )
    reserves: float = term(
        0.05,
        "Reserves",
        unit=SHARE,
        low=0,
        high=1,
        step=0.01,
        meaning="Share of its turnover it could lose and stay solvent.",
    )
    income_before: float = term(
        0.0, "Yearly income before the contract", unit=MONEY, low=0, high=10_000_000_000, step=100_000,
        meaning="For the care in scope. 0: what that care cost in the last base year.",
    )  # fmt: skip
    activity_change: float = term(
        0.0, "Change in its activity under the contract", unit=SHARE, low=-1, high=1, step=0.01,
        meaning="Care moved away from it is below nothing; for stranded cost.",
    )  # fmt: skip
    fixed_share: float = term(
        0.5, "Fixed share of its cost", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Stays in the year in which activity goes; stranded unless it is paid for.",
    )  # fmt: skip
    fixed_years: int = term(
        3, "Years to shed fixed cost", unit=YEARS, low=1, high=15, meaning="In equal steps, one a year."
    )
    planned_result: float = term(
        0.0, "Planned yearly result of all its work", unit=MONEY, low=-1_000_000_000, high=1_000_000_000, step=100_000,
        meaning="Before this contract; below nothing is a deficit.",
    )  # fmt: skip
    pay_day: int = term(
        30, "Day on which it is due to be paid", unit=COUNT, low=1, high=30,
        meaning="Of each month: 1 is in advance, 30 in arrears.",
    )  # fmt: skip
    pay_days: int = term(
        30, "Payment days", unit=DAYS, low=0, high=360, step=5, source="NHS standard terms: invoices within 30 days",
        meaning="From the day due to the day the money arrives.",
    )  # fmt: skip
    cash_days: float = term(
        30.0,
        "Cash at the start",
        unit=DAYS,
        low=0,
        high=1_000,
        step=5,
        meaning="Days of its own cost that its cash pays for.",
    )
    equity: float = term(
        0.0,
        "Stake in the holder",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="For gains by equity; all partners’ make 100 %.",
    )
    investment: float = term(
        0.0,
        "Investment it needs",
        unit=MONEY,
        low=0,
        high=1_000_000_000,
        step=100_000,
        meaning="For gains by investment need.",
    )
    performance: float = term(
        1.0, "Its own performance", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Points won of points possible among partners; for gains by performance.",
    )  # fmt: skip


class Guarantee(Part):
    """A minimum income of every partner that fades over the years of the contract."""

    on: bool = term(False, "Minimum income in force")
    share: float = term(
        0.95, "Guaranteed in the first year", unit=SHARE, low=0, high=1, step=0.01,
        meaning="Of each partner’s plan; the holder tops its income up to it.",
    )  # fmt: skip
    years: int = term(3, "Years in which it fades to nothing", unit=YEARS, low=1, high=15, meaning="In equal steps.")


class Scheme(Part):
    """Something that saves only if several partners do it together."""

    partners: tuple[str, ...] = term((), "Partners it needs")
    saving: float = term(0.0, "What it saves in a year", unit=MONEY, low=0, high=1_000_000_000, step=100_000)


class Payments(Part):
    """How the holder pays its partners, and what they share of the result."""

    block_providers: tuple[str, ...] = term(
        (), "Partners on a block contract", meaning="None chosen means all; the others are paid by activity."
    )
    block_share: float = term(
        1.0,
        "Share of their plan paid as block",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="The rest follows activity. A block leaves the risk of volume with the partner.",
    )
    partner_share: float = term(
        0.0,
        "Partners’ share of the holder’s result",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="Of a gain and of a loss, after every other payment.",
    )
    rule: Rule = term(
        "budget",
        "Rule by which partners share it",
        source="North West London’s toolkit, chapter 10: six rules; Shapley 1953",
        meaning="By budget: in the ratio of their plans.",
    )
    choice: bool = term(
        False,
        "Patients’ choice is settled",
        source="Alzira II: leavers at 100 %, incomers at 80 % of the regional average",
        meaning="Providers outside are paid for what members chose there, and partners for other areas’ people, at the "
        "prices of the scope step.",
    )
    calendar: tuple[float, ...] = term(
        (), "Part of the year’s payment by month", unit=PERCENT,
        meaning="Twelve parts that make 100; none means equal twelfths.",
    )  # fmt: skip
    settled_after: int = term(
        3, "Months from year’s end to its settlement", unit=MONTHS, low=1, high=12,
        source="Medicare shared savings: three months’ run-out",
        meaning="When risk, outcomes, care off plan and shares of the result are paid.",
    )  # fmt: skip
    recorded_needed: float = term(
        0.9, "Recording needed to pay by activity", unit=SHARE, low=0, high=1, step=0.05,
        meaning="Share of a partner’s cost found in people’s records; below it a block with a part for performance is advised.",
    )  # fmt: skip
    guarantee: Guarantee = Field(default_factory=Guarantee)
    partners: dict[str, Partner] = Field(default_factory=dict)
    schemes: dict[str, Scheme] = Field(default_factory=dict)

    @field_validator("partners")
    @classmethod
    def _those_of_whom_something_is_said(cls, partners: dict[str, Partner]) -> dict[str, Partner]:
        for name in partners:
            if not name or "." in name:
                raise ValueError(f"a partner's name can't be empty or hold a full stop: {name!r}")
        return {name: terms for name, terms in partners.items() if terms != Partner()}

    @field_validator("calendar")
    @classmethod
    def _twelve_parts(cls, calendar: tuple[float, ...]) -> tuple[float, ...]:
        if calendar and len(calendar) < 12:
            raise ValueError(f"month {len(calendar) + 1} is missing: {len(calendar)} parts for 12 months")
        if len(calendar) > 12:
            raise ValueError(f"{len(calendar)} parts for 12 months")
        if calendar and min(calendar) < 0:
            raise ValueError(f"month {calendar.index(min(calendar)) + 1} has {min(calendar):g} %, below nothing")
        if calendar and abs(sum(calendar) - 100) > 1e-6:
            raise ValueError(f"the parts add up to {sum(calendar):g} %, not 100 %")
        return calendar

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Payments":
        stakes = sum(partner.equity for partner in self.partners.values())
        if self.rule == "equity" and abs(stakes - 1) > 1e-9:
            raise ValueError(f"the partners’ stakes in the holder add up to {100 * stakes:g} %, not 100 %")
        if self.rule == "Shapley value" and not any(scheme.saving for scheme in self.schemes.values()):
            raise ValueError("shares by Shapley value need what partners save together: no scheme saves anything")
        return self
