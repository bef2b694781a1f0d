"""The report: one folder that appears whole or not at all, a page that needs no network, records that do not vary."""

import csv
import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import nbformat
import pytest

from capitation.design import read_design
from capitation.errors import InputError
from capitation.report import folder, notebooks, page, run
from capitation.report.run import ReportFailed, run_report

FILES = {"report.html", "report.ipynb", "result.json", "money_lines.csv", "design.yaml", "provenance.json"}
FEW_DRAWS = {"outlook.replicates": 1_024}
SETTINGS = ["--set", "outlook.replicates=1024", "--set", "risk.corridor.inner=0.03"]
LIMIT = 3_000_000  # bytes of report.html


def _capitation(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from capitation.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=180)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run {with} braces")


@pytest.fixture(scope="module")
def told(root: Path, place: Path) -> subprocess.CompletedProcess[str]:
    return _capitation(root, "report", "--out", str(place / "report"), *SETTINGS)


@pytest.fixture(scope="module")
def made(place: Path, told: subprocess.CompletedProcess[str]) -> Path:
    assert told.returncode == 0, told.stderr
    return place / "report"


@pytest.fixture(scope="module")
def html(made: Path) -> str:
    return (made / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def design(root: Path) -> Path:
    return root / "designs" / "baseline.yaml"


def _notebook(path: Path, *cells: str) -> Path:
    """The first cells of the report's notebook, with other cells after them."""
    notebook = nbformat.read(notebooks.notebook(notebooks.REPORT), as_version=4)
    notebook.cells = notebook.cells[:2] + [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A notebook that is run in no time."""
    return _notebook(tmp_path / "short.ipynb", "dataset")


def test_a_run_writes_its_six_files_and_nothing_else(made: Path, place: Path) -> None:
    assert {p.name for p in made.iterdir()} == FILES
    assert [p.name for p in place.iterdir()] == ["report"]


def test_a_run_says_where_the_page_is_and_nothing_on_stderr(told: subprocess.CompletedProcess[str],
                                                            made: Path) -> None:  # fmt: skip
    assert told.stdout.strip() == f"Report: {made / 'report.html'}"
    assert told.stderr == ""


def test_the_page_loads_nothing_from_anywhere(html: str) -> None:
    loads = re.findall(r'<(?!a\b)[a-z]+[^>]*\s(?:src|href|xlink:href|data)="([^"#][^"]*)"', html)
    assert [found for found in loads if not found.startswith("data:")] == []
    assert not re.search(r"<script|@import|url\((?!#)|<link|<iframe", html)
    assert "default-src 'none'" in html


def test_the_page_is_small(html: str) -> None:
    assert len(html.encode()) < LIMIT


def test_the_page_has_language_landmarks_and_one_main_heading(html: str) -> None:
    assert '<html lang="en">' in html
    assert all(len(re.findall(f"<{mark}[ >]", html)) == 1 for mark in ("main", "h1"))
    assert "<header>" in html
    assert "<footer>" in html


def test_the_page_shows_no_code(html: str) -> None:
    assert "wb.live" not in html
    assert "import capitation" not in html


def test_every_picture_has_its_finding_and_says_in_words_what_it_shows(html: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) >= 9
    for figure in figures:
        assert re.search(r"<h3>[^<]+</h3>", figure)
        assert re.search(r'role="img" aria-label="[^"]+"', figure)
        assert "<summary>In words</summary>" in figure


def test_the_page_names_data_set_currency_and_design(html: str, made: Path) -> None:
    result = json.loads((made / "result.json").read_text())
    for words in ("Real data: RAND Health Insurance Experiment", "amounts in $", result["design"]["key"],
                  result["dataset"]["version"]):  # fmt: skip
        assert words in html


def test_the_opening_says_that_months_are_not_known(html: str) -> None:
    opening = html.partition("<h2")[0]
    assert "The data set has years, not months: months are not known" in opening


def test_no_file_names_the_machine_or_its_user(made: Path, root: Path, place: Path) -> None:
    for path in made.iterdir():
        text = path.read_text(encoding="utf-8")
        for private in (str(root), str(place), str(Path.home()) + "/"):
            assert private not in text, (path.name, private)


def test_the_kept_notebook_is_clean_and_can_be_run_again_where_it_is(made: Path) -> None:
    notebook = nbformat.read(made / "report.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not {"papermill", "widgets"} & set(notebook.metadata)
    injected = next(c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
    assert "design = 'design.yaml'" in injected.source
    assert not any(o.output_type == "error" for c in notebook.cells for o in c.get("outputs", []))


def test_the_design_is_kept_as_it_was_run(made: Path) -> None:
    kept = read_design(made / "design.yaml")
    assert kept.value("risk.corridor.inner") == 0.03
    assert kept.key == json.loads((made / "provenance.json").read_text())["design"]["key"]


def test_result_json_is_valid_under_the_schema_in_docs(made: Path, root: Path) -> None:
    schema = json.loads((root / "docs" / "result.schema.json").read_text())
    jsonschema.validate(json.loads((made / "result.json").read_text()), schema)


def test_money_lines_sum_to_nothing_for_every_settled_year(made: Path) -> None:
    sums: dict[tuple[str, str, str], int] = {}
    with (made / "money_lines.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            line = (row["year"], row["step"], row["line"])
            sums[line] = sums.get(line, 0) + int(row["amount"].replace(".", ""))
    assert set(sums.values()) == {0}
    assert {year for year, *_ in sums} == {"2", "3", "4", "5"}


def test_another_process_settles_to_the_same_bytes(made: Path, root: Path) -> None:
    told = _capitation(root, "settle", *SETTINGS)
    assert told.stdout == (made / "result.json").read_text(encoding="utf-8")


def test_a_second_run_replaces_the_first_with_the_same_bytes(made: Path, design: Path, short: Path) -> None:
    before = {name: (made / name).read_bytes() for name in ("result.json", "money_lines.csv", "design.yaml")}
    changes = FEW_DRAWS | {"risk.corridor.inner": 0.03}
    copy = made.parent / "copy"
    for _ in range(2):
        run_report("rand-hie", design, changes, None, copy, template=short)
    assert {name: (copy / name).read_bytes() for name in before} == before
    assert not [p for p in made.parent.iterdir() if p.name.startswith(".")]


def test_a_failing_cell_leaves_the_notebook_beside_and_no_half_report(tmp_path: Path, design: Path) -> None:
    failing = _notebook(tmp_path / "failing.ipynb", "1 / 0")
    with pytest.raises(ReportFailed, match=r"ZeroDivisionError.*out-failed\.ipynb"):
        run_report("rand-hie", design, FEW_DRAWS, None, tmp_path / "new" / "out", template=failing)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out-failed.ipynb"]
    kept = nbformat.read(tmp_path / "new" / "out-failed.ipynb", as_version=4)
    assert any(o.output_type == "error" for c in kept.cells for o in c.get("outputs", []))


def test_the_kept_notebook_of_a_failure_names_no_folder_and_quotes_no_row(tmp_path: Path, design: Path,
                                                                          root: Path) -> None:  # fmt: skip
    failing = _notebook(tmp_path / "failing.ipynb", "print(design)", "raise KeyError('what')")
    with pytest.raises(ReportFailed):
        run_report("rand-hie", design, FEW_DRAWS, None, tmp_path / "out", template=failing)
    text = (tmp_path / "out-failed.ipynb").read_text(encoding="utf-8")
    for private in (
        str(root),
        str(tmp_path),
        str(Path.home()) + "/",
        "Traceback",
        "papermill-error",
        "was encountered",
    ):
        assert private not in text, private
    kept = nbformat.reads(text, as_version=4)
    nbformat.validate(kept)
    errors = [o for c in kept.cells for o in c.get("outputs", []) if o.output_type == "error"]
    assert [(e.ename, e.evalue) for e in errors] == [("KeyError", "'what'")]
    assert re.fullmatch(r"cell \d+ of the report's notebook failed \(KeyError: 'what'\)", *errors[0].traceback)


def test_a_run_that_fails_leaves_the_earlier_run_as_it_was(tmp_path: Path, design: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    earlier = tmp_path / "out"
    earlier.mkdir()
    (earlier / "provenance.json").write_text("{}")
    monkeypatch.setattr(run, "_run_notebook", _refuse)
    with pytest.raises(OSError, match="No space left"):
        run_report("rand-hie", design, FEW_DRAWS, None, earlier)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (earlier / "provenance.json").read_text() == "{}"


def _refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_nothing_not_even_the_folders_above(tmp_path: Path, design: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(run, "write_documents", _refuse)
    with pytest.raises(OSError, match="No space left"):
        run_report("rand-hie", design, FEW_DRAWS, None, tmp_path / "a" / "b" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_replacement_that_fails_at_the_last_step_brings_the_earlier_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "provenance.json").write_text("earlier")
    rename = Path.rename

    def refuse_the_new(path: Path, target: Path) -> Path:
        if target == out and path.name.count(".") == 2:
            _refuse()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_the_new)
    with pytest.raises(OSError, match="No space left"), folder.appearing_whole(out) as draft:
        (draft / "provenance.json").write_text("new")
    assert (out / "provenance.json").read_text() == "earlier"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_holds_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="something that is no run"):
        folder.check_out(tmp_path)
    with pytest.raises(InputError, match="this is a file"):
        folder.check_out(tmp_path / "thesis.txt")


def test_a_file_of_somebody_else_in_an_earlier_run_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    (tmp_path / "mynotes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"mynotes\.txt, which no run wrote"):
        folder.check_out(tmp_path)
    assert (tmp_path / "mynotes.txt").read_text() == "mine"


def test_a_folder_named_like_a_file_of_a_run_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(InputError, match=r"report\.html, which no run wrote"):
        folder.check_out(tmp_path)


def test_a_file_put_into_the_folder_during_a_run_is_never_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "provenance.json").write_text("earlier")
    with pytest.raises(InputError, match=r"mynotes\.txt"), folder.appearing_whole(out):
        (out / "mynotes.txt").write_text("mine")
    assert {p.name for p in out.iterdir()} == {"provenance.json", "mynotes.txt"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_files_of_a_run_are_those_that_may_be_replaced() -> None:
    assert set(folder.RUN_FILES) == FILES


def test_an_earlier_run_is_kept_when_asked(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    folder.check_out(tmp_path)
    with pytest.raises(InputError, match="earlier run"):
        folder.check_out(tmp_path, replace=False)


def test_nothing_is_run_when_the_input_is_wrong(tmp_path: Path, design: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_run_notebook", lambda *_: pytest.fail("the notebook was run"))
    with pytest.raises(InputError, match="leaves nobody in study year 5"):
        run_report("rand-hie", design, {"cohort.min_age": 110}, None, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_page_escapes_what_it_is_told() -> None:
    shown = page.html_page(nbformat.v4.new_notebook(), "<b>title</b>", "<i>trace</i>")
    assert "<b>title" not in shown
    assert "&lt;i&gt;trace" in shown


def test_a_notebook_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"no missing\.ipynb"):
        notebooks.notebook("missing.ipynb")


def test_the_report_notebook_starts_with_the_agreed_parameters_and_holds_no_outputs() -> None:
    notebook = nbformat.read(notebooks.notebook(notebooks.REPORT), as_version=4)
    first = next(c for c in notebook.cells if c.cell_type == "code")
    assert first.metadata["tags"] == ["parameters"]
    names = re.findall(r"^(\w+) = ", first.source, re.MULTILINE)
    assert names == ["dataset", "design", "changes", "interactive", "out", "month"]
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert not re.search(
            r"^\s*(for|while|def|class) ", cell.source if cell.cell_type == "code" else "", re.MULTILINE
        )
