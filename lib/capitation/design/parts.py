"""The parts of a contract design, in the order of the story; every term is declared here and nowhere else."""

from typing import Literal, get_args

from pydantic import Field, field_validator, model_validator

from capitation.design.declaration import Part, term
from capitation.terms import (
    AGE,
    COUNT,
    MONEY_PER_PERSON_YEAR,
    PERCENT,
    PRICE_MULTIPLE,
    SHARE,
    SHARE_PER_YEAR,
    YEARS,
)

POOLS = (
    "mental health pools of about 100,000 people, 2010: overspends imply a standard deviation of 2.6 to 3.8 % a year, "
    "of which chance in single people is 0.7 %; with a common shock of 2 % this range gives 2.9 %"
)
DOMAIN_ORDER = "order of operations of published schemes: Medicare shared savings, REACH, Next Generation ACO"


class Cohort(Part):
    """Who is in: chosen as at an index date, never on data from after it."""

    min_age: int = term(
        0,
        "Youngest age",
        unit=AGE,
        low=0,
        high=120,
        step=1,
        meaning="Age on the index date: the first day of the year, or the day of joining if later.",
    )
    max_age: int = term(
        120,
        "Oldest age",
        unit=AGE,
        low=0,
        high=120,
        step=1,
        meaning="Age on the index date; people up to and including this age are in.",
    )
    sex: Literal["any", "female", "male"] = term("any", "Sex")
    localities: tuple[str, ...] = term((), "Localities", meaning="Where people live; none chosen means everywhere.")
    groups: tuple[str, ...] = term(
        (),
        "Groups",
        meaning="Lists or schemes people belong to; none chosen means the data set's own contract population.",
    )
    need_marker: str = term("", "Need marker", meaning="A condition count or score; none chosen means no rule.")
    need_minimum: float = term(
        1.0,
        "Lowest value of the need marker",
        unit=COUNT,
        low=0,
        high=100,
        step=1,
        meaning="As last recorded on or before the index date.",
    )
    prior_spend_minimum: float = term(
        0.0,
        "Least spend in the year before",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=1_000_000,
        step=100,
        meaning="Choosing people for high use makes cost fall by itself afterwards.",
    )
    joiners: bool = term(
        True,
        "Count people who join during the year",
        meaning="From their day of joining, with their age and need on that day.",
    )
    rules: tuple[str, ...] = term(
        (),
        "Further rules",
        meaning="Each a column, a sign and a value: 'frailty >= 0.24', 'practice = practice 01, practice 02', "
        "'risk >= 0.2'. Only columns known on the index date.",
    )
    scheme: Literal["year of care", "north west london", "bridges to health"] = term(
        "year of care",
        "Segments by",
        source="Year of Care funding bands; North West London whole systems groups; Bridges to Health segments",
        meaning="Everybody is in exactly one segment of the scheme, by the gravest need.",
    )
    tolerance: float = term(
        0.05,
        "Tolerance for chance",
        unit=SHARE,
        low=0.005,
        high=0.5,
        step=0.005,
        meaning="Cost above its mean that chance alone may cause.",
    )
    tolerance_chance: float = term(
        0.05,
        "How often chance may exceed it",
        unit=SHARE,
        low=0.005,
        high=0.4,
        step=0.005,
        meaning="5 per cent is one year in twenty.",
    )

    @model_validator(mode="after")
    def _ages_in_order(self) -> "Cohort":
        if self.min_age > self.max_age:
            raise ValueError(f"the youngest age {self.min_age} is above the oldest age {self.max_age}")
        return self


class Scope(Part):
    """What is covered: service lines in and out, and rare costly services left out."""

    services: tuple[str, ...] = term((), "Services covered", meaning="None chosen means every service line.")
    rare_share: float = term(
        0.0,
        "A service is rare when used by fewer than",
        unit=SHARE,
        low=0,
        high=0.05,
        step=0.001,
        meaning="Share of person-years in the base years that use it; 0 switches the rule off.",
    )
    rare_mean: float = term(
        10_000.0,
        "and costly when its users cost more than",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=500_000,
        step=1_000,
        meaning="Mean cost of those who use it. Rare and costly services are left out of the "
        "contract; the list is fixed before the year starts.",
    )
    net_of_client: bool = term(
        True,
        "Clients' own payments come off",
        source="domain reference, row 21: charged social care, gross less the client's contribution",
        meaning="The contract pays what care costs less what the people themselves pay for it.",
    )
    pooled_streams: tuple[str, ...] = term(
        (),
        "Budget streams paid into the sum",
        source="domain reference, row 25: every service has exactly one owner",
        meaning="Care in scope that another stream pays for is paid twice. None chosen means all. "
        "No money line depends on it.",
    )
    outside_providers: tuple[str, ...] = term(
        (),
        "Providers outside the contract",
        source="domain reference, row 24: patients choose",
        meaning="Members may go there all the same. None chosen means every provider is a partner. "
        "No money line depends on it.",
    )
    outflow_price: float = term(
        1.0,
        "Paid for members treated outside",
        unit=SHARE,
        low=0,
        high=1.5,
        step=0.05,
        source="Alzira II: the holder pays 100 % for people who go elsewhere",
        meaning="Share of the cost recorded that the holder pays the provider outside. No money line depends on it.",
    )
    inflow_price: float = term(
        0.8,
        "Paid for people who come from outside",
        unit=SHARE,
        low=0,
        high=1.5,
        step=0.05,
        source="Alzira II, as reported: incomers are paid at 80 % of the regional average",
        meaning="Share of the cost recorded that the partners are paid for people who are not members. "
        "No money line depends on it.",
    )


Adjustment = Literal["none", "age and sex", "age, sex and segment", "age, sex and locality", "need weights"]


class Growth(Part):
    """Growth of cost by cause, and how far it may be wrong: what people expect, kept apart from what was measured."""

    prices: float = term(
        0.01,
        "Of it, growth of prices and pay",
        unit=SHARE_PER_YEAR,
        low=-0.10,
        high=0.25,
        step=0.005,
        source="HM Treasury, GDP deflator, 2013/14 to 2017/18: 0.7 to 2.0 % a year",
        meaning="The part of the yearly growth that is prices; the rest is volume. It splits a line and moves no total.",
    )
    need: float = term(
        0.0,
        "Growth of need beyond age and sex",
        unit=SHARE_PER_YEAR,
        low=-0.10,
        high=0.10,
        step=0.0025,
        meaning="People of one age getting sicker, year after year; on top of the growth of cost.",
    )
    policy: float = term(
        0.0,
        "Change by policy",
        unit=SHARE,
        low=-0.20,
        high=0.20,
        step=0.005,
        meaning="One step in the contract year, such as a new duty or a pay award that history does not hold.",
    )
    below: float = term(
        0.05,
        "Lowest growth thought possible: below the likely by",
        unit=SHARE_PER_YEAR,
        low=0,
        high=0.15,
        step=0.005,
        source=POOLS,
        meaning="Points a year. The range is what people expect, not what was measured.",
    )
    above: float = term(
        0.05,
        "Highest growth thought possible: above the likely by",
        unit=SHARE_PER_YEAR,
        low=0,
        high=0.15,
        step=0.005,
        source=POOLS,
        meaning="Points a year. The wider the range, the less is known of the price.",
    )


class Path(Part):
    """The price over the years of the contract."""

    uplift: float = term(
        0.02,
        "Yearly uplift of the price",
        unit=SHARE_PER_YEAR,
        low=-0.05,
        high=0.15,
        step=0.005,
        source="Alzira: the yearly rise of the health budget",
        meaning="From the second contract year on, before efficiency. It moves later years only.",
    )
    further_discount: float = term(
        0.0,
        "Efficiency asked in the last year beyond that of the first",
        unit=SHARE,
        low=-0.10,
        high=0.15,
        step=0.005,
        source="REACH: 2 % rising to 3.5 %",
        meaning="The efficiency asked moves evenly from the first year’s to the last year’s. 0: it stays.",
    )
    ratchet: float = term(
        0.0,
        "Weight of the holder’s own cost when the price is set again",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        source="domain reference, row 34",
        meaning="0: the price never looks at what care cost the holder. 1: next year’s price is this year’s cost.",
    )
    pace: float = term(
        0.0,
        "Largest yearly move of the price",
        unit=SHARE,
        low=0,
        high=0.30,
        step=0.005,
        source="domain reference, row 36: pace of change",
        meaning="Up or down, from the second contract year on. 0 switches the limit off.",
    )


class Bid(Part):
    """What was offered or bid, held against what the year may cost."""

    offered: float = term(
        0.0,
        "Price offered or bid",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=1_000_000,
        step=10,
        meaning="By the commissioner or the lowest bidder. 0: the price above is what is offered.",
    )
    bidders: int = term(
        3,
        "How many bid",
        unit=COUNT,
        low=1,
        high=20,
        step=1,
        meaning="The lowest of several honest bids is too low: the more bid, the further.",
    )


class Price(Part):
    """The price of a person-year, built up from history."""

    base_years: int = term(
        3,
        "Years of history",
        unit=YEARS,
        low=1,
        high=10,
        step=1,
        meaning="The years just before the contract year that set the price.",
    )
    year_weights: tuple[int, ...] = term(
        (),
        "Weights of the years of history, oldest first",
        unit=PERCENT,
        source="REACH weights its three base years 10, 30 and 60 %",
        meaning="None given: every person-year counts alike. They must come to 100.",
    )
    adjust: Adjustment = term(
        "age and sex",
        "Adjust for",
        meaning="Prices by cell follow a change in who is in the cohort. Need weights follow age, sex and recorded needs "
        "through a model.",
    )
    age_bands: tuple[int, ...] = term(
        (0, 5, 18, 45, 65, 75, 85),
        "Age bands start at",
        unit=AGE,
        source="age bands of the county population tables, Office for National Statistics",
    )
    score_cap: float = term(
        0.03,
        "Change of the population’s need score that is paid for, at most",
        unit=SHARE,
        low=0,
        high=1,
        step=0.005,
        source="Medicare shared savings: 3 % over the agreement; REACH: 3 % either way",
        meaning="With need weights only: so that recording more does not raise the price without end.",
    )
    shared_above: float = term(
        0.0,
        "One person’s cost is shared over everyone above",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=500_000,
        step=1_000,
        source="published schemes truncate at a high percentile, in the base years and the contract year alike",
        meaning="So that one very dear person does not make a small cell dear. 0 switches it off; nothing is lost.",
    )
    credibility: bool = term(
        False,
        "Small cells borrow from all cells",
        source="Bühlmann and Straub (1970)",
        meaning="A cell’s own rate counts the more, the steadier it has been over the years of history.",
    )
    trend: float = term(
        0.03,
        "Yearly growth of cost",
        unit=SHARE_PER_YEAR,
        low=-0.10,
        high=0.25,
        step=0.005,
        source="Health Foundation: acute activity grew 3.0 % a year 2010/11 to 2016/17 (quoted)",
        meaning="Growth of cost per person-year from the base years to the contract year.",
    )
    growth: Growth = Field(default_factory=Growth)
    discount: float = term(
        0.0,
        "Efficiency asked of the holder",
        unit=SHARE,
        low=0,
        high=0.25,
        step=0.005,
        source="UnitingCare: savings of 24.5 % of the price planned over five years",
        meaning="Taken off the price before any saving is measured.",
    )
    confidence: float = term(
        0.5,
        "Confidence that the price covers expected cost",
        unit=SHARE,
        low=0.5,
        high=0.99,
        step=0.01,
        meaning="Above 50 %, a margin for the error of the price is added.",
    )

    path: Path = Field(default_factory=Path)
    bid: Bid = Field(default_factory=Bid)

    @field_validator("year_weights")
    @classmethod
    def _weights_come_to_100(cls, weights: tuple[int, ...]) -> tuple[int, ...]:
        if weights and (sum(weights) != 100 or min(weights) <= 0):
            raise ValueError(f"the weights {', '.join(map(str, weights))} must be above 0 and come to 100")
        return weights

    @model_validator(mode="after")
    def _a_weight_for_each_year(self) -> "Price":
        if self.year_weights and len(self.year_weights) != self.base_years:
            raise ValueError(f"{len(self.year_weights)} weights of years for {self.base_years} years of history")
        return self

    @field_validator("age_bands")
    @classmethod
    def _bands_rise(cls, bands: tuple[int, ...]) -> tuple[int, ...]:
        if not bands or bands[0] != 0 or list(bands) != sorted(set(bands)):
            raise ValueError("age bands must start at 0 and rise")
        return bands


class StopLoss(Part):
    """Care cost of one person above the attachment point is shared with the commissioner."""

    on: bool = term(True, "Individual stop-loss in force")
    attachment: float = term(
        60_000.0,
        "Attachment point",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=500_000,
        step=500,
        source="East Sussex Better Together paper, section 10, milestone 6, names the clause; "
        "the amount is a judgement",
        meaning="The amount of one person's yearly cost at which protection starts.",
    )
    reads: Literal["cost", "cost above what need predicts"] = term(
        "cost",
        "What is held against it",
        source="REACH reads residual cost",
        meaning="A person known to be dear is no surprise: their predicted cost is already in the price.",
    )
    limit: float = term(
        0.0,
        "Protected for one person, at most",
        unit=MONEY_PER_PERSON_YEAR,
        low=0,
        high=5_000_000,
        step=5_000,
        meaning="Cost above the attachment point beyond which nothing more is shared. 0: no limit.",
    )
    commissioner_share: float = term(
        0.9,
        "Commissioner's share above it",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="The rest is left with the holder, so that it still has a reason to act. 100 % is truncation.",
    )
    charged: bool = term(
        True,
        "The holder pays the expected cost of this protection",
        meaning="Without a charge the commissioner pays for these costs twice: in the price and again.",
    )
    widening: float = term(
        0.0,
        "Yearly rise of the attachment point",
        unit=SHARE_PER_YEAR,
        low=-0.5,
        high=1,
        step=0.05,
        source="East Sussex Better Together paper, section 10: stop-loss widens as the holder gains skill",
        meaning="From the second contract year on.",
    )


class AggregateStopLoss(Part):
    """Total cost far above the price is shared with the commissioner."""

    on: bool = term(True, "Aggregate stop-loss in force")
    attachment: float = term(
        1.10,
        "Starts at",
        unit=PRICE_MULTIPLE,
        low=1,
        high=2,
        step=0.01,
        meaning="Total cost, after individual stop-loss, at which protection starts.",
    )
    commissioner_share: float = term(0.8, "Commissioner's share above it", unit=SHARE, low=0, high=1, step=0.05)
    charged: bool = term(
        False,
        "The holder pays the expected cost of this protection",
        meaning="What the commissioner expects to pay of it on average.",
    )


def _check_bands(bands: tuple[float, ...]) -> None:
    """Raise ValueError where bands overlap, leave a hole, or pay out more than there is."""
    shares, edges = bands[::2], bands[1::2]
    if any(low >= high for low, high in zip((0, *edges), edges, strict=False)):
        raise ValueError(f"the bands overlap: they end at {_listed(edges)} %, which does not rise from above 0")
    if len(shares) == len(edges) and bands:
        raise ValueError(f"the bands leave a hole: no share is given above {edges[-1]:g} %")
    if any(not 0 <= share <= 100 for share in shares):
        raise ValueError(f"the shares {_listed(shares)} % are not all from 0 to 100 %")


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


class Corridor(Part):
    """The holder's share of a gain or loss falls band by band; each share applies within its band only."""

    on: bool = term(True, "Risk corridor in force")
    inner: float = term(
        0.02,
        "Inner band",
        unit=SHARE,
        low=0,
        high=0.5,
        step=0.005,
        meaning="Gain or loss up to this share of the price.",
    )
    outer: float = term(
        0.06,
        "Outer band",
        unit=SHARE,
        low=0,
        high=0.5,
        step=0.005,
        meaning="Gain or loss up to this share of the price; beyond it the last share applies.",
    )
    inner_share: float = term(1.0, "Holder's share in the inner band", unit=SHARE, low=0, high=1, step=0.05)
    outer_share: float = term(0.5, "Holder's share between the bands", unit=SHARE, low=0, high=1, step=0.05)
    beyond_share: float = term(0.2, "Holder's share beyond the outer band", unit=SHARE, low=0, high=1, step=0.05)
    gain_bands: tuple[float, ...] = term(
        (),
        "Bands of gains of their own",
        unit=PERCENT,
        source="REACH Global: 100 % up to 25, 50 % up to 35, 25 % up to 50, then 10 %",
        meaning="Holder’s share, up to which per cent of the price, the next share, and so on: 100, 25, 50, 35, 25, 50, 10. "
        "None given: the bands above.",
    )
    loss_bands: tuple[float, ...] = term(
        (),
        "Bands of losses of their own",
        unit=PERCENT,
        source="REACH Professional: 50 % up to 5, 35 % up to 10, 15 % up to 15, then 5 %",
        meaning="Written the same way: 50, 5, 35, 10, 15, 15, 5. None given: the bands above.",
    )

    @model_validator(mode="after")
    def _bands_in_order(self) -> "Corridor":
        if self.inner > self.outer:
            raise ValueError(f"the inner band {self.inner:g} is wider than the outer band {self.outer:g}")
        return self

    @field_validator("gain_bands", "loss_bands")
    @classmethod
    def _bands_meet(cls, bands: tuple[float, ...]) -> tuple[float, ...]:
        _check_bands(bands)
        return bands


class Sharing(Part):
    """Gain and loss shares with a minimum rate and caps."""

    on: bool = term(False, "Gain and loss shares in force")
    minimum_rate: float = term(
        0.0,
        "Minimum saving or loss rate",
        unit=SHARE,
        low=0,
        high=0.15,
        step=0.001,
        source=DOMAIN_ORDER,
        meaning="Below it nothing is paid or owed; a result of exactly this rate is shared.",
    )
    minimum_rule: Literal["as entered", "Medicare's table by size", "the cohort's own spread"] = term(
        "as entered",
        "Where the minimum rate comes from",
        source="42 CFR 425.604(b); domain reference, T2",
        meaning="By size: so that chance alone is seldom paid for. The cohort’s own spread takes its size and its cost "
        "per person’s spread.",
    )
    minimum_on_losses: bool = term(True, "The minimum rate holds for losses too")
    from_first_pound: bool = term(
        True, "Above the minimum rate all is shared", meaning="Otherwise only what lies beyond the minimum rate."
    )
    gain_share: float = term(0.5, "Holder's share of a gain", unit=SHARE, low=0, high=1, step=0.05)
    loss_share: float = term(0.5, "Holder's share of a loss", unit=SHARE, low=0, high=1, step=0.05)
    gain_cap: float = term(
        0.10, "Cap on the gain", unit=SHARE, low=0, high=1, step=0.005, meaning="Share of the price."
    )
    loss_cap: float = term(
        0.05, "Cap on the loss", unit=SHARE, low=0, high=1, step=0.005, meaning="Share of the price."
    )
    cap_order: Literal["share then cap", "cap then share"] = term(
        "share then cap", "Order of share and cap", source="Next Generation ACO caps first, then shares"
    )
    quality: Literal["no part", "gains", "gains and losses"] = term(
        "no part",
        "Outcomes change the share of",
        source="42 CFR 425.605 and 425.610",
        meaning="The gain share is multiplied by the share of points won; the share of a loss is one less the gain share "
        "so found, within the two loss shares.",
    )
    least_loss_share: float = term(
        0.0,
        "Holder's share of a loss at the best outcomes, at least",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        source="Medicare shared savings, ENHANCED: 40 %",
        meaning="The loss share above is then the most.",
    )

    @model_validator(mode="after")
    def _shares_in_order(self) -> "Sharing":
        if self.quality == "gains and losses" and self.least_loss_share > self.loss_share:
            raise ValueError(
                f"the least share of a loss {self.least_loss_share:g} is above the share of a loss {self.loss_share:g}"
            )
        return self


class ProfitLimits(Part):
    """Limits on what the holder may keep or lose, after the clauses above and before a pool and the holder's part."""

    on: bool = term(False, "Profit cap and guaranteed result in force")
    cap: float = term(
        0.075,
        "Most the holder may keep",
        unit=SHARE,
        low=-0.5,
        high=1,
        step=0.005,
        source="Alzira: profit capped at 7.5 % of turnover",
        meaning="Share of the price; what is above it goes back to the commissioner.",
    )
    guarantee: float = term(
        -1.0,
        "Least result guaranteed to the holder",
        unit=SHARE,
        low=-1,
        high=0.5,
        step=0.005,
        meaning="Share of the price; the commissioner makes up what is below it. −100 %: no guarantee.",
    )

    @model_validator(mode="after")
    def _cap_above_guarantee(self) -> "ProfitLimits":
        if self.on and self.cap < self.guarantee:
            raise ValueError(f"the cap {self.cap:g} is below the guaranteed result {self.guarantee:g}")
        return self


class Pool(Part):
    """Results are shared with similar contracts, and over the years: chance evens out, what hits everybody does not."""

    on: bool = term(False, "Pool with similar contracts in force")
    contracts: int = term(
        3,
        "Other contracts in the pool",
        unit=COUNT,
        low=1,
        high=20,
        step=1,
        meaning="Each like this one, of other people.",
    )
    share: float = term(
        0.5,
        "Part of the result that is pooled",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="Every contract gets an equal part of what is pooled.",
    )
    years: int = term(
        1,
        "Years settled together",
        unit=YEARS,
        low=1,
        high=5,
        step=1,
        source="a rolling pool of three years, domain reference, row 46",
        meaning="A year’s result is settled in equal parts over so many years, with the commissioner; the rest at the end of "
        "the term.",
    )


class Reopener(Part):
    """A result far from the price opens the price of the next year."""

    on: bool = term(False, "Price re-opener in force")
    beyond: float = term(
        0.05,
        "Opened by a loss or gain beyond",
        unit=SHARE,
        low=0,
        high=0.5,
        step=0.005,
        meaning="Share of the price, before any clause.",
    )
    share: float = term(
        0.5,
        "Of what lies beyond, in next year's price",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="From the second contract year on.",
    )


RiskStep = Literal["aggregate_stop_loss", "corridor", "sharing"]
RISK_CLAUSES: tuple[RiskStep, ...] = get_args(RiskStep)


def order_fault(order: tuple[RiskStep, ...]) -> str | None:
    """Why clauses can't be settled in this order, in words; None where they can."""
    if sorted(order) != sorted(RISK_CLAUSES):
        return "name each of aggregate_stop_loss, corridor and sharing once"
    if order[0] != "aggregate_stop_loss":
        return "aggregate stop-loss reads total cost, so it can't come after clauses that have already split it"
    return None


class Risk(Part):
    """Who bears which risk. Individual stop-loss reads the original cost of each person and so comes first."""

    stop_loss: StopLoss = Field(default_factory=StopLoss)
    aggregate_stop_loss: AggregateStopLoss = Field(default_factory=AggregateStopLoss)
    corridor: Corridor = Field(default_factory=Corridor)
    sharing: Sharing = Field(default_factory=Sharing)
    order: tuple[RiskStep, ...] = term(
        ("aggregate_stop_loss", "corridor", "sharing"),
        "Order of the clauses",
        source=DOMAIN_ORDER,
        meaning="Regimes differ, so the order is part of the contract. Aggregate stop-loss comes first.",
    )
    profit_limits: ProfitLimits = Field(default_factory=ProfitLimits)
    pool: Pool = Field(default_factory=Pool)
    reopener: Reopener = Field(default_factory=Reopener)
    glide: tuple[int, ...] = term(
        (),
        "Holder's part of its result by contract year",
        unit=PERCENT,
        source="Medicare shared savings: tracks A to E",
        meaning="The rest is the commissioner’s; the last holds for the years after. None given: all of it from the start.",
    )

    @field_validator("order")
    @classmethod
    def _each_clause_once(cls, order: tuple[RiskStep, ...]) -> tuple[RiskStep, ...]:
        if fault := order_fault(order):
            raise ValueError(fault)
        return order

    @field_validator("glide")
    @classmethod
    def _parts_of_a_result(cls, glide: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= part <= 100 for part in glide):
            raise ValueError(f"the parts {', '.join(map(str, glide))} % are not all from 0 to 100 %")
        return glide


class Form(Part):
    """The form of the contract."""

    kind: Literal["alliance", "prime provider", "accountable care", "outcome-based"] = term(
        "prime provider", "Contract form", source="the four models of the East Sussex paper, Annex G"
    )
    years: int = term(
        5,
        "Length of the contract",
        unit=YEARS,
        low=1,
        high=20,
        step=1,
        source="East Sussex paper: under three to five years is too short for prevention to pay back",
    )
    holder: Literal["NHS body", "council", "company or partnership"] = term(
        "NHS body",
        "Who holds the contract",
        source="VAT Act 1994, section 41(3); domain reference, section 5, point 15",
        meaning="Outside the NHS, VAT on what is bought for care is no longer refunded. Take tax advice.",
    )
    vat_behind_trusts: float = term(
        0.05,
        "Bought in by trusts with VAT refunded",
        unit=SHARE,
        low=0,
        high=1,
        step=0.01,
        meaning="Share of the price. The refund is lost where a trust sells to a holder outside the NHS.",
    )
    vat_by_holder: float = term(
        0.0,
        "Bought in by the holder with VAT refunded",
        unit=SHARE,
        low=0,
        high=1,
        step=0.01,
        meaning="Share of the price. The refund is lost where the holder is a company or a partnership.",
    )
    set_up: float = term(
        0.0,
        "Setting up the contract, once",
        unit=SHARE,
        low=0,
        high=0.2,
        step=0.001,
        source="UnitingCare: £8.9m of set-up on a first year of £152m",
        meaning="Share of a year’s price, spread over the years of the contract. Nothing published says what a form costs.",
    )
    running: float = term(
        0.0,
        "Running the contract, a year",
        unit=SHARE,
        low=0,
        high=0.2,
        step=0.001,
        meaning="Share of the price. Nothing published says what a form costs, so it has to be entered.",
    )
    funded: bool = term(
        True,
        "The commissioner pays for lost VAT and for running the contract",
        source="UnitingCare: VAT on sub-contracts was not funded",
        meaning="Where it does not, the holder bears them.",
    )
    reserves: float = term(
        0.05,
        "Holder's reserves",
        unit=SHARE,
        low=0,
        high=1,
        step=0.01,
        meaning="Share of the yearly price the holder could lose and stay solvent.",
    )


class Ramp(Part):
    """How savings come: late, by and by, with old and new running side by side, and less than was hoped."""

    below: float = term(
        0.0,
        "One year in ten saves less than expected by",
        unit=SHARE,
        low=0,
        high=0.3,
        step=0.005,
        meaning="Points of expected cost; what people think possible, not what was measured. An uneven range moves the mean.",
    )
    above: float = term(
        0.0,
        "One year in ten saves more than expected by",
        unit=SHARE,
        low=0,
        high=0.3,
        step=0.005,
        meaning="Points of expected cost.",
    )
    optimism: float = term(
        0.0,
        "Taken off for optimism",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        source="vanguards: £389m given, £2.2bn of savings assumed, and few were proven",
        meaning="Part of the saving that will not come; never taken off what turns out dearer.",
    )
    delay: int = term(
        0,
        "Years before the first saving",
        unit=YEARS,
        low=0,
        high=10,
        step=1,
        meaning="0: from the first contract year.",
    )
    years_to_full: int = term(
        1, "Years from the first saving to all of it", unit=YEARS, low=1, high=10, step=1, meaning="It grows evenly."
    )
    double_running: float = term(
        0.0,
        "Old and new side by side, a year",
        unit=SHARE,
        low=0,
        high=0.2,
        step=0.005,
        meaning="Share of expected cost, in every year before the saving is there in full.",
    )


class Outlook(Part):
    """What is assumed about the year ahead, and how chance is drawn."""

    contract_year: int = term(
        0,
        "Contract year",
        low=0,
        high=9_999,
        step=1,
        meaning="Priced on the years before and settled on this one; 0 means the last in the data.",
    )
    savings: float = term(
        0.0,
        "Savings the holder expects to make",
        unit=SHARE,
        low=-0.2,
        high=0.3,
        step=0.005,
        source="vanguards, accountable care: few exceed 7 % after several years",
        meaning="Share of expected cost; applies to the outlook only, never to the settlement.",
    )
    common_shock: float = term(
        0.02,
        "Shock common to everyone",
        unit=SHARE,
        low=0,
        high=0.15,
        step=0.005,
        meaning="Standard deviation of a bad or good year for all; size does not average it out.",
    )
    price_error: bool = term(
        True,
        "Include the error of the price itself",
        meaning="The price rests on a sample of past years and may be wrong.",
    )
    shock_stays: float = term(
        0.5,
        "How much of a common shock stays the next year",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        meaning="0: every year has its own; 100 %: it stays for good. For the years after the first.",
    )
    cost_shift: float = term(
        0.0,
        "Care left out of scope that moves into it",
        unit=SHARE,
        low=0,
        high=1,
        step=0.05,
        source="Alzira I: primary care left out, cost shifted, contract ended; no share is published",
        meaning="Share of what members cost outside the contract, as in the base years. The price does not follow; applies to "
        "the outlook only, in every contract year.",
    )
    shift_from: tuple[str, ...] = term(
        (),
        "Services it moves in from",
        meaning="Those of them that are in scope already have nothing to move. None chosen means all that is left out.",
    )
    ramp: Ramp = Field(default_factory=Ramp)
    tail: bool = term(
        True,
        "Count people dearer than any seen",
        source="generalised Pareto tail, Hosking and Wallis (1987)",
        meaning="The dearest person of the past is not the dearest there can be.",
    )
    replicates: Literal[1_024, 4_096, 16_384, 65_536] = term(16_384, "Years drawn", unit=COUNT)
    seed: int = term(
        1,
        "Seed of the draws",
        low=0,
        high=2**31 - 1,
        step=1,
        meaning="The same seed gives the same draws for every design, so that differences are real.",
    )
