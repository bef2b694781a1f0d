"""Published prices, gaps and savings, each with where it comes from and how sure it is.

Figures only; the rest of the price step compares with them. Source of each: domain reference, sections 4 to 6, whose
marks are kept here in words. Nothing that is known from memory alone stands here.
"""

from dataclasses import dataclass
from typing import Literal

STATED = "stated in one of the source documents"
CONFIRMED = "confirmed in a published source, mostly read as an excerpt"
WORKED_OUT = "worked out here from the figures beside it"

EAST_SUSSEX_PAPER = "East Sussex Better Together paper, September 2015"
ALZIRA_SOURCE = f"{EAST_SUSSEX_PAPER}, Annex B"
NAO_UNITINGCARE = "National Audit Office, 2016: the collapse of the UnitingCare Partnership contract"
NAO_VANGUARDS = "National Audit Office, June 2018: developing new care models through vanguards"
PBRA = "person-based resource allocation, BMJ 2011;343:d6608, table 1"


@dataclass(frozen=True)
class Fact:
    """One published figure: ``unit`` says what it counts, ``mark`` how sure it is."""

    what: str
    value: float
    unit: str
    source: str
    mark: str


@dataclass(frozen=True)
class Case:
    """A contract that was, in figures and in a few sentences; ``facts`` keep the order of the story."""

    name: str
    currency: str
    facts: tuple[Fact, ...]
    lesson: str

    def fact(self, what: str) -> Fact:
        """The figure of that name. Raises KeyError when the case has none."""
        return {fact.what: fact for fact in self.facts}[what]


@dataclass(frozen=True)
class Saving:
    """One member of the reference class of savings.

    ``share`` of cost saved after ``years`` (both None where no figure was shown); ``kind`` keeps aims apart from
    results; ``whole_population`` is False for one service.
    """

    name: str
    share: float | None
    years: float | None
    kind: Literal["result", "aim", "not shown"]
    whole_population: bool
    note: str
    source: str
    mark: str


@dataclass(frozen=True)
class Explained:
    """The share of the variance of one person's cost that a need model explains (R², prospective)."""

    model: str
    estimation: float
    validation: float
    source: str
    mark: str


def _alzira(what: str, value: float, unit: str = "€ per head and year") -> Fact:
    return Fact(what, value, unit, ALZIRA_SOURCE, STATED)


ALZIRA = Case(
    "Alzira", "€",
    (
        _alzira("first contract, 1999", 204.0),
        _alzira("second contract, 2003", 379.0),
        _alzira("second contract, 2006", 494.0),
        _alzira("people", 245_000.0, "people"),
        Fact("yearly growth 2003 to 2006", (494 / 379) ** (1 / 3) - 1, "share per year", ALZIRA_SOURCE, WORKED_OUT),
        Fact("price against elsewhere in the region", 0.75, "share", ALZIRA_SOURCE, STATED),
    ),
    "The first price bought hospital care alone and was far below what others were paid; cost moved across the border "
    "to primary care and the contract ended in 2003. The second price rose because it bought primary care as well; "
    "from then on it also moved with the yearly percentage rise of the region’s health budget.",
)  # fmt: skip


def _unitingcare(what: str, value: float, unit: str = "£", mark: str = CONFIRMED) -> Fact:
    return Fact(what, value, unit, NAO_UNITINGCARE, mark)


UNITINGCARE = Case(
    "UnitingCare", "£",
    (
        _unitingcare("price of year 1", 152e6),
        _unitingcare("price gap of year 1", 30e6),
        _unitingcare("gap against the price", 30 / 152, "share", WORKED_OUT),
        _unitingcare("bid for five years", 726e6),
        _unitingcare("commissioner's highest price", 752e6),
        _unitingcare("bid against the highest price", 726 / 752 - 1, "share", WORKED_OUT),
        _unitingcare("savings planned", 178e6),
        _unitingcare("savings against the bid", 178 / 726, "share", WORKED_OUT),
        _unitingcare("cost of setting up", 8.9e6),
        _unitingcare("months until it ended", 8.0, "months"),
    ),
    "The price of the first year was about a fifth short before any bad luck, the bid was the only one below the "
    "commissioner’s highest price, and a quarter of the price was to come from savings. The holder was a partnership "
    "outside the NHS: VAT that its NHS sub-contractors had got back until then was lost to them, and nobody had put "
    "money aside for it.",
)  # fmt: skip


def _east_sussex(what: str, value: float, unit: str, mark: str = STATED) -> Fact:
    return Fact(what, value, unit, EAST_SUSSEX_PAPER, mark)


EAST_SUSSEX = Case(
    "East Sussex", "£",
    (
        _east_sussex("spend, 2014/15", 935e6, "£ a year"),
        _east_sussex("people", 540_000.0, "people"),
        _east_sussex("gap by 2018", 200e6, "£ a year"),
        _east_sussex("gap against the spend", 200 / 935, "share", WORKED_OUT),
        _east_sussex("spend per head", 935e6 / 540_000, "£ per head and year", WORKED_OUT),
        _east_sussex("gap per head", 200e6 / 540_000, "£ per head and year", WORKED_OUT),
    ),
    "If nothing changed, care would cost a fifth more than there was money for within a few years. The paper gives the "
    "gap and not how it arises, so that growth of cost and of funding are told only together.",
)  # fmt: skip

BURTON_VAT = Fact("VAT no longer refunded, 2016-17", 0.3e6, "£ (almost)",
                  "Burton Hospitals under a private prime provider, as reported by Mills & Reeve, September 2017", CONFIRMED)  # fmt: skip

ALLOCATION_SOURCE = "2016/17 allocations of clinical commissioning groups, as reported by the HFMA (Fair shares)"
FURTHEST_BELOW_TARGET = Fact("furthest below its target", 0.05, "share", ALLOCATION_SOURCE, CONFIRMED)
SLOWEST_GROWTH_ABOVE = Fact("least growth withheld above the target by", 0.10, "share", ALLOCATION_SOURCE, CONFIRMED)

SAVINGS = (
    Saving("Alternative Quality Contract, Massachusetts", 0.068, 4.0, "result", True,
           "A global budget with losses shared; reached over four years.",
           "domain reference, sections 4.2 and 5, point 13", CONFIRMED),
    Saving("Gesundes Kinzigtal", 0.07, 6.5, "result", True,
           "About 7 % after six to seven years (taken as six and a half), against the expected cost of all insured, "
           "enrolled or not.", "domain reference, sections 4.2 and 5, point 13", CONFIRMED),
    Saving("Milton Keynes, substance misuse", 0.20, 1.0, "result", False,
           "One provider of one service spent a fifth less in its first year: no guide to a whole population.",
           "domain reference, section 4.1 (COBIC)", CONFIRMED),
    Saving("Vanguards, England", None, None, "not shown", True,
           "Funded with £329m and £60m of support where £2.2bn had been assumed; emergency admissions grew more slowly on "
           "average, savings were not proven.", NAO_VANGUARDS, CONFIRMED),
    Saving("LSHTM cases, least aim", 0.10, None, "aim", True,
           "What those who planned such contracts hoped for, 10 to 20 %; no year is given.",
           "London School of Hygiene & Tropical Medicine slides", STATED),
    Saving("LSHTM cases, highest aim", 0.20, None, "aim", True,
           "The upper end of the same hope; one small mental health case said that it was on track.",
           "London School of Hygiene & Tropical Medicine slides", STATED),
)  # fmt: skip

EXPLAINED = (
    Explained("age and sex", 0.0373, 0.0366, PBRA, CONFIRMED),
    Explained("age, sex and diagnoses", 0.1264, 0.1223, PBRA, CONFIRMED),
    Explained("parsimonious model", 0.1272, 0.1229, PBRA, CONFIRMED),
)
