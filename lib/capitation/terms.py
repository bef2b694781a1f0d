"""The vocabulary: parties, units, labels, the sign convention, and how a figure is written.

Sign convention: a money line is positive when the party receives. Within one year, step and line the
parties' amounts sum to zero to the penny.
"""

import math
from typing import Final

COMMISSIONER: Final = "commissioner"
HOLDER: Final = "holder"
SUPPLIES: Final = "supplies"
RISK_POOL: Final = "risk pool"
OTHER_AREAS: Final = "other areas"
OTHER_PARTNERS: Final = "other partners"  # those that few people use, taken together
PARTY_LABELS: Final = {
    COMMISSIONER: "Commissioner",
    HOLDER: "Holder",
    SUPPLIES: "Staff, goods and suppliers",
    RISK_POOL: "Pool with similar contracts",
    OTHER_AREAS: "Other areas’ commissioners",
}

# Units of terms and figures. "money" stands for the data set's own currency.
MONEY: Final = "money"
MONEY_PER_PERSON_YEAR: Final = "money per person-year"
SHARE: Final = "share"
SHARE_PER_YEAR: Final = "share per year"
PERCENT: Final = "per cent"
PRICE_MULTIPLE: Final = "times the price"
COUNT: Final = "count"
YEARS: Final = "years"
MONTHS: Final = "months"
DAYS: Final = "days"
AGE: Final = "years of age"
NONE: Final = ""

HALF_PENNY: Final = 0.005
MINUS: Final = "\N{MINUS SIGN}"


def party_label(party: str) -> str:
    """The name of a party as people read it; a provider's own name when it is no contract party."""
    return PARTY_LABELS.get(party, party)


def money(amount: float, currency: str, signed: bool = False) -> str:
    """An amount in words for the screen, e.g. ``£1,234``, ``−£4.1m``; three figures are kept.

    ``signed`` puts a plus before a receipt.
    """
    if not math.isfinite(amount):
        return "not known"
    amount = amount if abs(amount) >= HALF_PENNY else 0.0  # sums of drawn years carry rounding dust
    sign = MINUS if amount < 0 else "+" if signed and amount > 0 else ""
    return f"{sign}{currency}{_short(abs(amount))}"


def _short(size: float) -> str:
    for limit, divisor, letter in ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e5, 1e3, "k")):
        if size >= limit * 0.9995:
            return f"{size / divisor:,.{_decimals(size / divisor)}f}{letter}"
    return f"{size:,.0f}" if size >= 9.995 or size == 0 else f"{size:,.2f}"


def _decimals(value: float) -> int:
    return 2 if value < 9.995 else 1 if value < 99.95 else 0


def percent(share: float, decimals: int = 1, signed: bool = False) -> str:
    """A share as per cent, e.g. ``4.2 %``."""
    value = round(100 * share, decimals) + 0.0
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{abs(value):.{decimals}f}\N{NO-BREAK SPACE}%"


def unit_words(unit: str, currency: str) -> str:
    """A unit as people read it, with the data set's currency in it."""
    return unit.replace("times", "share of").replace("money", currency).replace("share", "per cent")


NOTHING_SAID: Final = {
    "cohort.groups": "the data set’s own",
    "cohort.rules": "none",
    "scope.rare_share": "off",
    "scope.outside_providers": "none",
    "price.year_weights": "all alike",
    "price.shared_above": "off",
    "price.path.pace": "no limit",
    "price.bid.offered": "the price worked out",
    "risk.stop_loss.limit": "no limit",
    "risk.corridor.gain_bands": "those of both sides",
    "risk.corridor.loss_bands": "those of both sides",
    "risk.glide": "all of it from the start",
    "outlook.contract_year": "the last in the data",
    "outlook.shift_from": "all that is left out",
}
"""What a term that is 0 or empty says, by path, where that is neither the plain figure nor everything."""


def said_of_nothing(path: str, value: object) -> str:
    """What the term at ``path`` says by being 0 or empty; empty where its value is a figure like any other."""
    return NOTHING_SAID.get(path, "") if value in (0, (), []) else ""


def term_figure(path: str, value: object, unit: str, currency: str) -> str:
    """The value of the term at ``path`` as people read it; see `figure`."""
    return said_of_nothing(path, value) or figure(value, unit, currency)


def figure(value: object, unit: str, currency: str) -> str:
    """A term's value as people read it: 0.05 of unit share is ``5 %``; 60000 of unit money is ``£60,000``."""
    if value is None:
        return "not there"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return _number(float(value), unit, currency)
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value) or ("none" if unit == PERCENT else "all")
    return str(value) or "none"


def _number(value: float, unit: str, currency: str) -> str:
    if unit.startswith(SHARE):
        return percent(value, 0 if float(100 * value).is_integer() else 1)
    if unit.startswith(MONEY):
        return f"{MINUS if value < 0 else ''}{currency}{abs(value):,.0f}"
    if unit == PRICE_MULTIPLE:
        return f"{percent(value, 0 if round(100 * value, 6).is_integer() else 1)} of the price"
    return f"{value:,g}"
