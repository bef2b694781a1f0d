"""What the form of the contract and the holder's legal nature cost: VAT that is no longer refunded, and overheads.

Amounts are of one contract year. The rule is a rule of thumb to make the line visible, not tax advice: supplies inside
the NHS VAT group are normally disregarded and VAT on listed contracted-out services is refunded (VAT Act 1994,
section 41(3), Treasury Direction); where a trust sells to a holder outside, its supply is business and the refund behind
it is lost. Health services that a trust sells to a council lose it too ([2024] UKUT 334 (TCC)), while what a council buys for
itself stays under its own refund (section 33; HMRC manual VATGPB6640). Sources: domain reference, row 35 and section 5, point 15.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import pandas as pd

from capitation.errors import InputError

VAT_RATE = 0.20  # of the amount net of VAT: the standard rate, and the 20 % of row 35
INSIDE, COUNCIL, OUTSIDE = "NHS body", "council", "company or partnership"
HOLDERS = (INSIDE, COUNCIL, OUTSIDE)
FORMS = ("alliance", "prime provider", "accountable care", "outcome-based")  # East Sussex paper, Annex G
CAUTION = "VAT turns on who supplies what to whom: take tax advice before the form is chosen. This line only shows what is at stake."
WHY = {
    INSIDE: "supplies stay inside the NHS VAT group and refunds go on",
    COUNCIL: "refunds behind what trusts sell to a council are lost; the council’s own go on",
    OUTSIDE: "refunds are lost, behind the trusts’ sub-contracts and on what the holder buys",
}


@dataclass(frozen=True)
class Purchases:
    """A year's purchases under the contract whose VAT an NHS body is refunded, net of VAT.

    ``behind_trusts``: bought by trusts to give the care that they sub-contract for; ``by_holder``: bought by the
    budget holder itself.
    """

    behind_trusts: float
    by_holder: float = 0.0


@dataclass(frozen=True)
class Overhead:
    """What a form costs to run: ``set_up`` once, before it starts, and ``running`` every year."""

    set_up: float
    running: float

    def a_year(self, years: int) -> float:
        """Both in one year of a contract of ``years``; setting up is spread evenly."""
        return self.set_up / years + self.running


@dataclass(frozen=True)
class FormCosts:
    """Every form with every holder side by side.

    ``table``: form, holder, vat, overhead, total (a year), share (of ``price``, a year's), why. ``caution`` goes with
    it wherever it is shown.
    """

    price: float
    years: int
    table: pd.DataFrame
    caution: str = CAUTION

    def cost(self, form: str, holder: str) -> float:
        """The total of one form with one holder."""
        row = self.table[(self.table["form"] == form) & (self.table["holder"] == holder)]
        return float(row["total"].iloc[0])


def losing_refund(purchases: Purchases, holder: str) -> float:
    """The purchases whose VAT is no longer refunded when ``holder`` holds the contract."""
    _require(holder in HOLDERS, "holder", holder, " or ".join(HOLDERS))
    lost = {INSIDE: 0.0, COUNCIL: purchases.behind_trusts, OUTSIDE: purchases.behind_trusts + purchases.by_holder}
    return lost[holder]


def vat_lost(purchases: Purchases, holder: str, rate: float = VAT_RATE) -> float:
    """Δcost = rate × purchases that lose their refund. Source: domain reference, row 35."""
    _require(0 <= rate <= 1, "VAT rate", rate, "a share from 0 to 1")
    _check(purchases)
    return rate * losing_refund(purchases, holder)


def form_costs(price: float, years: int, purchases: Purchases, overheads: Mapping[str, Overhead],
               holders: Sequence[str] = HOLDERS, rate: float = VAT_RATE) -> FormCosts:  # fmt: skip
    """Every form in ``overheads`` with every one of ``holders``; ``price`` is a year's price.

    Nothing is taken as nothing by default: raises InputError where there is no overhead of any form, or an amount is
    below 0.
    """
    _require(isfinite(price) and price > 0, "price", price, "an amount above 0")
    _require(years >= 1, "years", years, "at least 1")
    _require(len(overheads) > 0, "overheads", "none given", "one for each form, 0 where there is none")
    rows = [
        _line(form, holder, purchases, overhead, years, rate)
        for form, overhead in overheads.items()
        for holder in holders
    ]
    table = pd.DataFrame(rows)
    return FormCosts(price, years, table.assign(share=table["total"] / price))


def _line(
    form: str, holder: str, purchases: Purchases, overhead: Overhead, years: int, rate: float
) -> dict[str, object]:
    _require(form in FORMS, "form", form, " or ".join(FORMS))
    for what, amount in (("set-up", overhead.set_up), ("running cost", overhead.running)):
        _require(isfinite(amount) and amount >= 0, f"{what} of {form}", amount, "an amount of 0 or more")
    vat, running = vat_lost(purchases, holder, rate), overhead.a_year(years)
    return {"form": form, "holder": holder, "vat": vat, "overhead": running, "total": vat + running, "why": WHY[holder]}


def _check(purchases: Purchases) -> None:
    for what, amount in (("behind trusts", purchases.behind_trusts), ("by the holder", purchases.by_holder)):
        _require(isfinite(amount) and amount >= 0, f"purchases {what}", amount, "an amount of 0 or more")


def _require(holds: bool, what: str, value: object, expected: str) -> None:
    if not holds:
        raise InputError(f"form costs: {what}", f"{value}", expected)
