"""Everything a run of a small cohort leaves behind is read, number by number, for what stands for few people.

What may not be found is worked out here from the rows of the data set alone, not with the code that hides it.
"""

import json
import re
from dataclasses import dataclass, replace
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from altered import altered
from capitation import charts, tables, tables_need, tables_price, tables_scope
from capitation.contract import ContractResult, check_enough_members, settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.errors import InputError
from capitation.outcomes.named import called
from capitation.report import story
from capitation.report.documents import money_lines_csv
from capitation.report.provenance import provenance
from capitation.report.run import run_report
from capitation.report.summary import result_document
from capitation.scope.cover import Scope
from capitation.shadow.back_test import BackTest, back_test
from capitation.tables import Table
from capitation.workbench.steps import STEPS, contract_finding, headline_tiles

COHORTS = {
    "county, aged 92 or over": ("data_samples/county-5000", "county", {"cohort.min_age": 92}),
    "county, aged 90 or over": ("data_samples/county-5000", "county", {"cohort.min_age": 90}),
    "RAND, aged 58 or over": ("rand-hie", "baseline", {"cohort.min_age": 58}),
}
FEW = 7
LEAST_OF_ONE, LEAST_OF_FEW = 500.0, 100.0  # of the currency: smaller amounts are found by chance
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Run:
    """A settled small cohort, its back-test, and what the rows say of it."""

    result: ContractResult
    test: BackTest

    def texts(self) -> dict[str, str]:
        """Every text a run writes or shows: records, tables, findings, pictures' words and their data."""
        result, test = self.result, self.test
        found = {
            "result.json": result_document(result, test).text(),
            "money_lines.csv": money_lines_csv(test.money_lines),
        }
        found |= {f"table {t.name}": t.html() for t in self.tables()}
        found |= {f"picture {p.name}": json.dumps([p.finding, p.alt, p.data]) for p in self.pictures()}
        found |= {f"step {s.key}": " ".join([s.finding(result), s.summary(result), *s.details(result)]) for s in STEPS}
        found["headline"] = repr((contract_finding(result), headline_tiles(result), story.warned(result)))
        return {name: _without_markup(text) for name, text in found.items()}

    def tables(self) -> list[tables.Table]:
        of_result = (tables.money_lines, tables.parties, tables.build_up, tables.cells, tables.score, tables.funnel)
        facts = tables.facts({k: v for k, v in provenance(self.result).items() if k != "versions"})
        of_scope = (tables_scope.services, tables_scope.exclusions, tables_scope.flows, tables_scope.budget_owners)
        of_price = (tables_price.errors, tables_price.ways, tables_price.held_by_cell, tables_price.need_models)
        told = [made(self.result) for made in (*of_result, *of_scope, *of_price)]
        return [*(table for table in told if table is not None), *self.ratios(), tables.back_test(self.test), facts]

    def ratios(self) -> list[Table]:
        judged = self.result.need_judged.judged if self.result.need_judged else ()
        return [tables_need.ratios(one, self.result.dataset.meta.currency) for one in judged]

    def pictures(self) -> list[Any]:
        drawn = [draw(self.result) for step in STEPS for draw in step.pictures]
        return [picture for picture in drawn if picture is not None]

    def costs(self, year: int) -> pd.DataFrame:
        """What each member cost in a year less what they paid themselves, in scope and out, by service and provider."""
        cohort = self.result.cohort
        net = cohort.costs.sub(cohort.client_paid, fill_value=0.0)[cohort.costs.columns]
        return net[(cohort.members["year"] == year).to_numpy()]

    def years(self) -> list[int]:
        return sorted({y for r in self.test.results for y in (*r.price.base_years, r.year)})

    def of_one_person(self) -> list[float]:
        """Each member's cost of a year: whole, by service, by provider, and above the attachment point."""
        attachment = self.result.design.risk.stop_loss.attachment
        amounts = [_by(self.costs(y), level) for y in self.years() for level in ("service", "provider")]
        whole = np.concatenate([a.sum(axis=1) for a in amounts])
        above = np.maximum(whole - attachment, 0)
        every = np.concatenate([whole, above, 0.9 * above, *(a.to_numpy().ravel() for a in amounts)])
        return _fit(every, LEAST_OF_ONE)

    def of_few_people(self) -> list[float]:
        """Each service's and provider's sum of a year that 1 to 7 members, or mostly one, stand behind."""
        found = []
        for year in self.years():
            for level in ("service", "provider"):
                amounts = _by(self.costs(year), level)
                found += [float(a.sum()) for _, a in amounts.items() if _is_of_few(a.to_numpy())]
        return _fit(np.array(found), LEAST_OF_FEW)


def _by(costs: pd.DataFrame, level: str) -> pd.DataFrame:
    return costs.T.groupby(level=("service", "provider").index(level)).sum().T


def _is_of_few(amounts: np.ndarray) -> bool:
    users = np.sort(amounts[amounts > 0])
    return 1 <= len(users) <= FEW or (len(users) > FEW and users[-1] > 0.8 * users.sum())


def _fit(amounts: np.ndarray, least: float) -> list[float]:
    return sorted({round(float(a), 2) for a in amounts if abs(a) >= least})


def _without_markup(text: str) -> str:
    labels = " ".join(re.findall(r'(?:aria-label|title)="([^"]*)"', text))
    bare = re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    return unescape(f"{bare} {labels}")


def _numbers(text: str) -> list[tuple[float, bool]]:
    """Every number of a text, and whether it has decimals."""
    return [(float(n.replace(",", "")), "." in n) for n in NUMBER.findall(text)]


def leaks(texts: dict[str, str], secrets: list[float], whole: bool = False) -> list[tuple[str, float]]:
    """Where a secret amount stands in a text to the penny; with ``whole`` also to the unit."""
    known = np.array(secrets)
    found = []
    for name, text in texts.items():
        for number, exact in _numbers(text):
            near = np.abs(known - number) < (0.006 if exact else 0.5)
            if (exact or (whole and number >= 1_000)) and near.any():
                found.append((name, number))
    return found


@pytest.fixture(scope="module", params=COHORTS)
def run(request: pytest.FixtureRequest, root: Path) -> Run:
    address, name, changes = COHORTS[request.param]
    dataset = open_dataset(str(root / address) if "/" in address else address)
    design = change(read_design(root / "designs" / f"{name}.yaml"), {"outlook.replicates": 1_024, **changes})
    return Run(settle(dataset, design), back_test(dataset, design))


def test_the_cohort_is_small_and_has_something_to_hide(run: Run) -> None:
    assert 8 <= run.result.cohort.people(run.result.year) <= 150
    assert run.of_few_people()
    assert len(run.of_one_person()) > 100


def test_no_amount_of_one_person_and_no_sum_of_few_is_in_any_file_table_picture_or_sentence(run: Run) -> None:
    texts = run.texts()
    assert sum(len(_numbers(text)) for text in texts.values()) > 500
    assert leaks(texts, run.of_one_person()) == []
    assert leaks(texts, run.of_few_people(), whole=True) == []


def test_no_sum_of_few_is_the_difference_of_a_total_and_what_is_shown(run: Run) -> None:
    """From each total of a year the attacker takes every choice of up to three of the year's shown amounts, and all."""
    document = json.loads(result_document(run.result, run.test).text())
    year = next(y for y in document["back_test"] if y["year"] == run.result.year)
    shown = [s["cost"] for s in document["scope"]["services"] if s["cost"] is not None and s["covered"]]
    totals = [year["cost"]]
    if document["scope"]["covered_share"]:
        totals.append(year["cost"] / document["scope"]["covered_share"])
    left = [t - sum(c) for t in totals for n in (1, 2, 3, len(shown)) for c in combinations(shown, n)]
    secrets = np.array(run.of_few_people())
    assert [x for x in left if (np.abs(secrets - x) < max(1.0, 2e-6 * totals[0])).any()] == []
    rest = year["cost"] - sum(shown)
    costs = run.costs(run.result.year)
    hidden = [s["service"] for s in document["scope"]["services"] if s["cost"] is None and s["covered"]]
    assert abs(rest) < 0.01 or not _is_of_few(_by(costs, "service")[hidden].sum(axis=1).to_numpy())


def test_no_care_of_a_partner_in_the_money_lines_is_of_few_people(run: Run) -> None:
    for result in run.test.results:
        members = result.cohort.members
        care = result.scope.costs.loc[members.index[(members["year"] == result.year).to_numpy()]]
        assert set(result.settled.providers) == set(care.columns)
        assert not any(_is_of_few(care[p].to_numpy()) for p in care.columns)


def test_every_count_of_people_that_leaves_is_to_the_nearest_five_and_never_1_to_7(run: Run) -> None:
    assert all(n is None or (n % 5 == 0 and n not in range(1, 8)) for n in counts(run))
    assert len(counts(run)) > 20


def counts(run: Run) -> list[int | None]:
    """Every count of people and of person-years in the records, the tables and the pictures' data."""
    document = json.loads(result_document(run.result, run.test).text())
    found = [document["cohort"]["people"], document["cohort"]["person_years"],
             *(s["people"] for s in document["cohort"]["funnel"]), *(y["person_years"] for y in document["back_test"])]  # fmt: skip
    for table in run.tables():
        columns = [c for c in table.rows.columns if re.search("(?<!of )people|^person-years", c)]
        found += [None if v == "*" else int(v.replace(",", "")) for c in columns for v in table.rows[c]]
    bars = charts.cohort.ages(run.result).data["rows"]
    found += [None if bar["mark"] else abs(bar["people"]) for bar in bars]
    return found + [row["left"] for row in charts.cohort.funnel(run.result).data["rows"]]


def test_no_year_of_few_members_sets_a_price_or_stands_in_the_back_test(run: Run) -> None:
    for result in run.test.results:
        for year in (*result.price.base_years, result.year):
            members = result.cohort.members
            assert (members["year"] == year).sum() > FEW


def test_a_measure_of_few_people_has_no_value_in_the_record_the_table_or_the_picture(run: Run) -> None:
    result = run.result
    now = result.cohort.measures[(result.cohort.members["year"] == result.year).to_numpy()]
    few = [m for m in result.design.outcomes.measures if 1 <= (now[(m, "denominator")] > 0).sum() <= FEW]
    document = json.loads(result_document(result, run.test).text())
    record = {m["measure"]: m["value"] for m in document["outcomes"]["measures"]}
    drawn = {(r["measure"], r["when"]): r["value"] for r in charts.outcomes.points(result).data["rows"]}
    for measure in few:
        words = called(result.dataset, measure).name
        assert record[measure] is None
        assert drawn[words, charts.outcomes.SETTLED] == "*"
        assert len(few) > 1 or sum(v is None for v in record.values()) > 1  # the share would give a single one away


def test_the_page_of_the_report_holds_no_amount_of_one_person_and_no_sum_of_few(tmp_path: Path, root: Path) -> None:
    address, name, changes = COHORTS["county, aged 92 or over"]
    path, changes = root / "designs" / f"{name}.yaml", {"outlook.replicates": 1_024, **changes}
    out = run_report(str(root / address), path, changes, None, tmp_path / "out")
    dataset = open_dataset(str(root / address))
    design = change(read_design(path), changes)
    small = Run(settle(dataset, design), back_test(dataset, design))
    texts = {p.name: _without_markup(p.read_text(encoding="utf-8")) for p in out.iterdir() if p.suffix != ".ipynb"}
    assert len(texts) == 5
    assert leaks(texts, small.of_one_person()) == []
    assert leaks(texts, small.of_few_people(), whole=True) == []


def test_without_disclosure_control_the_reading_finds_what_leaves(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: the same reading of the same run with the control taken away."""
    monkeypatch.setattr(Scope, "shown_services", lambda self, y: self.by_service[self.by_service["year"] == y])
    monkeypatch.setattr(charts.cohort, "rounded_count", int)
    assert leaks(run.texts(), run.of_few_people(), whole=True)
    assert any(n is not None and n % 5 for n in counts(run))


def test_a_cohort_of_which_one_person_has_most_of_the_cost_is_refused(run: Run) -> None:
    scope, members = run.result.scope, run.result.cohort.members
    costs = scope.costs.copy()
    now = members.index[(members["year"] == run.result.year).to_numpy()]
    costs.loc[now[0], costs.columns[0]] = 100 * costs.loc[now].to_numpy().sum()
    changed = _with_costs(run.result, scope, costs)
    with pytest.raises(InputError, match="so much of it of one"):
        check_enough_members(changed)


def test_a_scope_that_few_members_use_is_refused(run: Run) -> None:
    scope, members = run.result.scope, run.result.cohort.members
    costs = scope.costs * 0.0
    costs.loc[members.index[(members["year"] == run.result.year).to_numpy()][:FEW], :] = 100.0
    with pytest.raises(InputError, match="of so few people"):
        check_enough_members(_with_costs(run.result, scope, costs))


def _with_costs(result: ContractResult, scope: Scope, costs: pd.DataFrame) -> ContractResult:
    return altered(result, scope=replace(scope, costs=costs))
