"""Is the price enough? The gap to what is needed, a bid against the cost it must meet, the lowest of several bids, and
the savings it counts on against what others have made.

Amounts are of one contract year unless said otherwise, in the data set's currency. Sources: domain reference, rows 33
and 69, section 5, points 9, 12 and 13, and section 6, T5 and T6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd

from capitation.errors import InputError
from capitation.loss.order_statistics import lowest_of_normal
from capitation.loss.ratio import Floats
from capitation.loss.simulation_error import Estimate, quantile_of, share_of
from capitation.price.path import yearly_growth
from capitation.price.published import EAST_SUSSEX, SAVINGS, Saving
from capitation.terms import percent

LOW, MIDDLE, HIGH = 0.2, 0.5, 0.8  # the points of the cost's distribution that a bid is held against
FEWEST_DRAWS = 2


@dataclass(frozen=True)
class PriceGap:
    """What is ``needed`` for the year against what is ``offered``.

    ``cost_sd`` is the standard deviation of the year's cost by chance, ``price_error`` the standard error of the
    amount needed.
    """

    needed: float
    offered: float
    cost_sd: float
    price_error: float

    @property
    def amount(self) -> float:
        """The gap: above 0 where the offer falls short."""
        return self.needed - self.offered

    @property
    def share(self) -> float:
        """The gap as a share of the price offered. UnitingCare: £30m of £152m, 19.7 %."""
        return self.amount / self.offered

    @property
    def in_cost_sds(self) -> float:
        """The gap in standard deviations of the year's cost; NaN where chance is not known."""
        return self.amount / self.cost_sd if self.cost_sd > 0 else float("nan")

    @property
    def in_price_errors(self) -> float:
        """The gap in standard errors of the price; NaN where that error is not known."""
        return self.amount / self.price_error if self.price_error > 0 else float("nan")

    @property
    def chance_of_loss(self) -> float:
        """P(cost > offer), cost being normal about what is needed with both kinds of spread; they are independent."""
        spread = sqrt(self.cost_sd**2 + self.price_error**2)
        return NormalDist().cdf(self.amount / spread) if spread > 0 else float(self.amount > 0)

    @property
    def too_low(self) -> bool:
        """The offer lies below the low point (P20) of what the year may cost."""
        return self.chance_of_loss > 1 - LOW


@dataclass(frozen=True)
class BidTest:
    """A bid against the distribution of the cost it has to meet; ``exceeds`` is the chance that cost is above it.

    Where the distribution is of drawn years, the limits of ``exceeds`` say how far the number of draws tells it.
    """

    bid: float
    mean: float
    sd: float
    p20: float
    p50: float
    p80: float
    exceeds: Estimate

    @property
    def reckless(self) -> bool:
        """Below P20: cost exceeds such a bid in more than four years of five."""
        return self.bid < self.p20

    @property
    def result(self) -> float:
        """The result to be expected, bid less mean cost."""
        return self.bid - self.mean

    @property
    def in_sds(self) -> float:
        """How many standard deviations of cost the bid lies above the mean (below: less than 0)."""
        return self.result / self.sd if self.sd > 0 else float("nan")


@dataclass(frozen=True)
class WinnersCurse:
    """The lowest of ``bidders`` honest estimates of one cost, each unbiased with error ``sd``, independent of the rest.

    ``c`` is the expected distance of the lowest below the ``mean``, in standard deviations.
    """

    bidders: int
    mean: float
    sd: float
    c: float

    @property
    def shade(self) -> float:
        """What each bidder has to add to its estimate so that the winner does not lose on average: σ·c."""
        return self.sd * self.c

    @property
    def lowest(self) -> float:
        """The lowest bid to be expected where nobody adds it: μ - σ·c."""
        return self.mean - self.shade


@dataclass(frozen=True)
class SavingsTest:
    """An assumed saving, ``share`` of cost reached after ``years``, against published ones.

    ``table``: name, kind, share, years, yearly (all NaN where not published), whole_population, lies (below, above,
    or nothing for aims and what has no figure), note, source. ``verdict`` is a sentence.
    """

    share: float
    years: float
    table: pd.DataFrame
    verdict: str

    @property
    def yearly(self) -> float:
        """The cut of every year that leads there."""
        return yearly_cut(self.share, self.years)

    @property
    def results(self) -> pd.DataFrame:
        """The published results with a figure: neither aims nor what was not shown."""
        return self.table[self.table["lies"] != ""]


@dataclass(frozen=True)
class FundingGap:
    """A gap that opens over ``years`` between what ``people`` cost and what there is to spend on them.

    ``spend`` is a year's spend today, where there is no gap yet; it grows by ``funding_growth`` a year; ``gap`` is
    what is missing in the last year. People are taken as constant.
    """

    spend: float
    people: float
    gap: float
    years: int
    funding_growth: float = 0.0

    @property
    def share(self) -> float:
        """The gap as a share of today's spend."""
        return self.gap / self.spend

    @property
    def a_head(self) -> float:
        """Today's spend per person."""
        return self.spend / self.people

    @property
    def gap_a_head(self) -> float:
        """The gap per person."""
        return self.gap / self.people

    @property
    def funding_later(self) -> float:
        """What there is to spend in the last year."""
        return self.spend * (1 + self.funding_growth) ** self.years

    @property
    def cost_later(self) -> float:
        """What care costs in the last year if nothing changes."""
        return self.funding_later + self.gap

    @property
    def cost_a_head_later(self) -> float:
        """The same per person."""
        return self.cost_later / self.people

    @property
    def cost_growth(self) -> float:
        """The yearly growth of cost that the gap implies."""
        return yearly_growth(self.spend, self.cost_later, self.years)

    @property
    def saving(self) -> float:
        """The share of the last year's cost that has to go."""
        return self.gap / self.cost_later

    @property
    def yearly_efficiency(self) -> float:
        """The cut in each year, on top of the last, that closes the gap: 1 - (funding / cost)^(1 / years)."""
        return yearly_cut(self.saving, self.years)

    def by_year(self) -> pd.DataFrame:
        """Each year's cost if nothing changes, funding and gap, from today (year 0)."""
        year = np.arange(self.years + 1)
        cost = self.spend * (1 + self.cost_growth) ** year
        funding = self.spend * (1 + self.funding_growth) ** year
        return pd.DataFrame({"year": year, "cost": cost, "funding": funding, "gap": cost - funding})


def price_gap(needed: float, offered: float, cost_sd: float = 0.0, price_error: float = 0.0) -> PriceGap:
    """The price-gap test. Raises InputError for an amount that is not above 0 or a spread below 0."""
    for what, amount in (("needed", needed), ("offered", offered)):
        _require(isfinite(amount) and amount > 0, f"price gap: {what}", amount, "an amount above 0")
    for what, spread in (("sd of cost", cost_sd), ("error of the price", price_error)):
        _require(isfinite(spread) and spread >= 0, f"price gap: {what}", spread, "an amount of 0 or more")
    return PriceGap(needed, offered, cost_sd, price_error)


def bid_against_drawn(bid: float, costs: Floats) -> BidTest:
    """A bid against drawn yearly ``costs``, shape (draws,). Raises InputError where they are few or not finite."""
    _check_bid(bid)
    _require(len(costs) >= FEWEST_DRAWS, "bid test: drawn costs", len(costs), f"at least {FEWEST_DRAWS} years")
    _require(bool(np.isfinite(costs).all()), "bid test: drawn costs", "some are not finite", "amounts")
    low, middle, high = (quantile_of(costs, level).value for level in (LOW, MIDDLE, HIGH))
    above = share_of(int((costs > bid).sum()), len(costs))
    return BidTest(bid, float(costs.mean()), float(costs.std(ddof=1)), low, middle, high, above)


def bid_against_normal(bid: float, mean: float, sd: float) -> BidTest:
    """A bid against a cost of which mean and standard deviation are known, taken as normal."""
    _check_bid(bid)
    _check_spread("bid test", mean, sd)
    cost = NormalDist(mean, sd)
    above = 1 - cost.cdf(bid)
    low, middle, high = (cost.inv_cdf(level) for level in (LOW, MIDDLE, HIGH))
    return BidTest(bid, mean, sd, low, middle, high, Estimate(above, above, above))


def lowest_of(bidders: int) -> float:
    """c_k: how far the lowest of k independent standard normal values lies below 0, on average.

    0.5642, 0.8463 and 1.1630 for k = 2, 3, 5. Raises InputError below one bidder.
    """
    _require(bidders >= 1, "winner's curse: bidders", bidders, "at least 1")
    return lowest_of_normal(bidders)


def winners_curse(mean: float, sd: float, bidders: int) -> WinnersCurse:
    """The lowest of k honest bids for a cost of ``mean``, estimated with standard error ``sd``."""
    _check_spread("winner's curse", mean, sd)
    return WinnersCurse(bidders, mean, sd, lowest_of(bidders))


def curse_by_bidders(mean: float, sd: float, bidders: Sequence[int]) -> pd.DataFrame:
    """The same for several numbers of bidders: columns bidders, c, lowest, shade."""
    found = [winners_curse(mean, sd, k) for k in bidders]
    return pd.DataFrame([{"bidders": f.bidders, "c": f.c, "lowest": f.lowest, "shade": f.shade} for f in found])


def yearly_cut(share: float, years: float) -> float:
    """1 - (1 - s)^(1 / years): the cut that, made every year, saves ``share`` of cost in the end."""
    return 1 - (1 - share) ** (1 / years)


def savings_against(share: float, years: float, published: Sequence[Saving] = SAVINGS) -> SavingsTest:
    """A saving of ``share`` of cost, reached after ``years``, against ``published`` ones, by yearly cut.

    Aims are listed and never counted. Raises InputError unless 0 <= share < 1 and years > 0.
    """
    _require(-1 < share < 1, "savings: share", share, "a share above -1 and below 1")
    _require(isfinite(years) and years > 0, "savings: years", years, "a number above 0")
    yearly = yearly_cut(share, years)
    table = pd.DataFrame([_beside(saving, yearly) for saving in published])
    return SavingsTest(share, years, table, _verdict(yearly, table[table["lies"] != ""]))


def _beside(saving: Saving, yearly: float) -> dict[str, object]:
    its = yearly_cut(saving.share, saving.years) if saving.share and saving.years else float("nan")
    lies = "" if saving.kind != "result" or isnan(its) else "below" if its < yearly else "above"
    return {"name": saving.name, "kind": saving.kind, "share": saving.share, "years": saving.years, "yearly": its,
            "whole_population": saving.whole_population, "lies": lies, "note": saving.note, "source": saving.source}  # fmt: skip


def _verdict(yearly: float, results: pd.DataFrame) -> str:
    whole = results[results["whole_population"]]
    if whole.empty:
        return f"The price counts on {percent(yearly)} a year; there is no published result to hold it against."
    best, least = (whole.iloc[int(place)] for place in (whole["yearly"].argmax(), whole["yearly"].argmin()))
    asks = f"The price counts on {percent(yearly)} a year"
    if yearly > best["yearly"]:
        return f"{asks}, more than any whole population here has shown (most: {_told(best)}).{_but(results, yearly)}"
    if yearly > least["yearly"]:
        return f"{asks}, within what whole populations have shown: {_told(least)}; {_told(best)}."
    return f"{asks}, no more than every published result for a whole population ({_told(least)} the least)."


def _told(row: pd.Series) -> str:
    return f"{row['name']}, {percent(float(row['yearly']))}"


def _but(results: pd.DataFrame, yearly: float) -> str:
    more = results[~results["whole_population"].astype(bool) & (results["yearly"] >= yearly)]
    return f" {'; '.join(more['name'])} did as much, in one service." if len(more) else ""


def funding_gap(spend: float, people: float, gap: float, years: int, funding_growth: float = 0.0) -> FundingGap:
    """A gap of ``gap`` in ``years``. Raises InputError where an amount is not above 0 or there is no year."""
    for what, amount in (("spend", spend), ("people", people), ("gap", gap)):
        _require(isfinite(amount) and amount > 0, f"funding gap: {what}", amount, "a number above 0")
    _require(years >= 1, "funding gap: years", years, "at least 1")
    _require(
        isfinite(funding_growth) and funding_growth > -1, "funding gap: growth", funding_growth, "a share above -1"
    )
    return FundingGap(spend, people, gap, years, funding_growth)


def east_sussex(years: int = 3, funding_growth: float = 0.0) -> FundingGap:
    """The worked example: £935m in 2014/15 for 540,000 people, £200m short by 2018.

    The paper does not say whether 2018 is 2017/18 (three ``years`` on) or 2018/19 (four), nor how funding would
    grow; with none, the growth of cost told here is growth beyond that of funding.
    """
    spend, people, gap = (EAST_SUSSEX.fact(f).value for f in ("spend, 2014/15", "people", "gap by 2018"))
    return funding_gap(spend, people, gap, years, funding_growth)


def _check_bid(bid: float) -> None:
    _require(isfinite(bid) and bid > 0, "bid test: bid", bid, "an amount above 0")


def _check_spread(where: str, mean: float, sd: float) -> None:
    _require(isfinite(mean) and mean > 0, f"{where}: mean", mean, "an amount above 0")
    _require(isfinite(sd) and sd > 0, f"{where}: standard deviation", sd, "an amount above 0")


def _require(holds: bool, where: str, value: object, expected: str) -> None:
    if not holds:
        raise InputError(where, f"{value}", expected)
