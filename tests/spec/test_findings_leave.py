"""What is said of a finding outside the check: no row number, no exact count, no loose ends."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from capitation.dataset.faults import Fault
from capitation.tables_quality import findings
from capitation.workbench import steps

FEW = Fault("spend", "month", 3, (4, 17, 23), "spend in years with registered days", "it is of nobody there", False)


@pytest.mark.parametrize(
    ("rows", "said"), [(3, "in * rows"), (7, "in * rows"), (12, "in 10 rows"), (1234, "in 1,235 rows")]
)
def test_a_finding_that_leaves_has_no_row_number_and_no_exact_count(rows: int, said: str) -> None:
    fault = replace(FEW, rows=rows)
    assert said in fault.shown()
    assert "below the heading" not in fault.shown()
    assert not any(str(number) in fault.shown() for number in fault.first_rows if rows < 1000)
    assert "first rows" in fault.line() or "(rows" in fault.line()


def test_the_step_and_the_page_say_what_may_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps.quality, "score_words", lambda _: "The data score 90 of 100")
    monkeypatch.setattr(steps, "quality_lines", lambda _: [])
    meta = SimpleNamespace(synthetic=False, source="", description="")
    data = SimpleNamespace(quality=None, findings=[FEW], not_searched=[], meta=meta)
    result = SimpleNamespace(dataset=data)
    finding = steps._data_finding(result)  # type: ignore[arg-type]
    words = " ".join([finding, *steps._data_details(result), findings([FEW]).html()])  # type: ignore[arg-type]
    assert "in * rows" in words
    assert "17" not in steps._data_details(result)[0]  # type: ignore[arg-type]
    assert "3 rows" not in words
    assert finding.endswith("it is of nobody there in * rows.")


def test_synthetic_data_say_first_how_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "quality_lines", lambda _: ["Completeness: all."])
    how = "made by this project's county generator, 5000 people, seed 1"
    for synthetic in (True, False):
        meta = SimpleNamespace(synthetic=synthetic, source=f"Synthetic: {how}")
        data = SimpleNamespace(quality=None, findings=[], not_searched=[], meta=meta)
        first = steps._data_details(SimpleNamespace(dataset=data))[0]  # type: ignore[arg-type]
        assert (first == f"Synthetic: nobody in these data is real; {how}.") is synthetic
