"""What can't be looked for in a data set, because people, months or tables are too few."""

from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.dataset.meta import MONTHS_IN_YEAR
from capitation.dataset.plausibility import deprivation_order, doubled, missing_places, unsettled, whole_in_pence
from capitation.dataset.plausibility.evidence import DEAR_LOGS, Evidence
from capitation.dataset.plausibility.wording import listed
from capitation.dataset.quality.ledger import NOT_OVER, reconciliation
from capitation.dataset.quality.records import Span, frame
from capitation.terms import money


def reasons(evidence: Evidence) -> list[str]:
    """A sentence for each thing that was not looked for, or not everywhere."""
    told = [_pence(evidence), _all_pence(evidence), _doubled(evidence), *_places(evidence), *_unsettled(evidence), _price(evidence),
            _joiners(evidence), _deprivation(evidence)]  # fmt: skip
    return [sentence for sentence in told if sentence]


def _pence(evidence: Evidence) -> str:
    feeds = evidence.cells.groupby(["service", "provider", "month"])["positive"].sum()
    largest = feeds.groupby(["service", "provider"]).max()
    few = [f"{service} from {provider}" for service, provider in largest.index[largest < SMALLEST_SHOWN]]
    if evidence.cells[DEAR_LOGS[0]].sum() or not few:
        return ""
    return f"Pence were not looked for in {listed(few)}: fewer than {SMALLEST_SHOWN} amounts in every period."


def _all_pence(evidence: Evidence) -> str:
    lost = "Whether all amounts are in pence was not looked for"
    if evidence.meta.currency not in whole_in_pence.POUNDS:
        return f"{lost}: the published cost per head is in £, the data are in {evidence.meta.currency}."
    least = whole_in_pence.LEAST_PEOPLE
    if not any(_people_in(evidence, year) >= least for year in evidence.years):
        return f"{lost}: fewer than {least} people with spend in a year."
    return _between(evidence)


def _people_in(evidence: Evidence, year: int) -> int:
    return int(whole_in_pence.people_with_spend(evidence, year)["people"].iloc[0])


def _between(evidence: Evidence) -> str:
    """Too dear for the care of everybody, and not dear enough to be pence for certain."""
    low, high = whole_in_pence.SURELY_POUNDS, whole_in_pence.SURELY_PENCE
    if not low < whole_in_pence.times_published(evidence, evidence.years) <= high:
        return ""
    mean = money(whole_in_pence.PUBLISHED_MEAN, "£")
    return (f"Whether all amounts are in pence can't be told: a person-year costs {low} to {high} times the published "
            f"{mean} per head, which dear people in £ may do, or little care in pence.")  # fmt: skip


def _doubled(evidence: Evidence) -> str:
    found = doubled.by_year(evidence)
    if found.groupby("year")["people"].sum().max() >= SMALLEST_SHOWN:
        return ""
    return (f"Spend that stands there twice was not looked for: fewer than {SMALLEST_SHOWN} people "
            f"with {doubled.LEAST_ROWS} different rows in a year.")  # fmt: skip


def _places(evidence: Evidence) -> list[str]:
    lost = "A locality without a kind of care was not looked for"
    if evidence.person_years["locality"].nunique() < missing_places.LEAST_PLACES:
        return [f"{lost}: fewer than {missing_places.LEAST_PLACES} localities."]
    small = float(evidence.person_years.groupby("locality")["exposure"].sum().min())
    whole = float(evidence.person_years["exposure"].sum())
    users = evidence.users.groupby("setting")["people"].sum()
    few = [str(setting) for setting in users.index[users * small / whole < missing_places.LEAST_EXPECTED]]
    least = missing_places.LEAST_EXPECTED
    return (
        [f"{lost} everywhere for {listed(few)}: fewer than {least} users to be expected in a locality."] if few else []
    )


def _unsettled(evidence: Evidence) -> list[str]:
    lost = "Unsettled last months were not looked for"
    if evidence.meta.grain == "year":
        return [f"{lost}: there are no months."]
    if len(evidence.cells["month"].unique()) < unsettled.LEAST_MONTHS:
        return [f"{lost}: fewer than {unsettled.LEAST_MONTHS} months."]
    cells = evidence.cells[evidence.cells["month"] > evidence.cells["month"].max() - MONTHS_IN_YEAR]
    year = cells.groupby("setting")["rows"].sum()
    few = [str(name) for name in year.index[year * unsettled.LAST_MONTHS / MONTHS_IN_YEAR < unsettled.LEAST_ROWS]]
    return [f"{lost} for {listed(few)}: fewer than {unsettled.LEAST_ROWS} rows expected."] if few else []


def _price(evidence: Evidence) -> str:
    lost = "A wrong price was not looked for"
    ledger = reconciliation(evidence.meta, evidence.tables, Span(evidence.window.start, evidence.window.end))
    if ledger is None:
        return f"{lost}: there is no ledger."
    if frame(evidence.tables["unit_costs"].select("year")).empty or not evidence.cells[DEAR_LOGS[0]].sum():
        return f"{lost}: there are no units with a unit cost."
    return f"{lost}: no year is over." if (ledger.lines["verdict"] == NOT_OVER).all() else ""


def _joiners(evidence: Evidence) -> str:
    lost = "Joiners recorded as there for full years were not looked for"
    if evidence.meta.grain == "year":
        return f"{lost}: there are no months."
    people = evidence.tables["people"]
    with_date = int(frame(people.aggregate(n=people.join_date.count()))["n"].iloc[0])
    return "" if with_date >= SMALLEST_SHOWN else f"{lost}: fewer than {SMALLEST_SHOWN} people have a join_date."


def _deprivation(evidence: Evidence) -> str:
    lost = "Reversed deprivation was not looked for"
    if deprivation_order.enough(deprivation_order.sums_of(evidence)):
        return ""
    people = evidence.tables["people"]
    if not int(frame(people.aggregate(n=people.deprivation.count()))["n"].iloc[0]):
        return f"{lost}: nobody's fifth is known."
    return f"{lost}: fewer than {deprivation_order.LEAST_PEOPLE} people in a fifth."
