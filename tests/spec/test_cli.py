"""The command line: status 0, 2 or 1; one line that says what is wrong, where, and what was expected."""

import errno
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from capitation import cli
from capitation.dataset import LinkedDataset, make_county
from capitation.dataset.county.targets import TARGETS
from capitation.dataset.faults import Fault
from capitation.report import notebooks, run
from capitation.report.folder import RUN_FILES

Told = tuple[int, str, str]
BASELINE = "designs/baseline.yaml"


@pytest.fixture
def told(root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """``told("settle", ...)``: exit status, stdout and stderr of a command run in the project's folder."""
    monkeypatch.chdir(root)

    def asked(*arguments: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        caught = capfd.readouterr()
        return int(ended.value.code or 0), caught.out, caught.err

    return asked


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(1_500, 1, tmp_path_factory.mktemp("data") / "county")


def _one_line(error: str) -> bool:
    return error.startswith("capitation: ") and error.count("\n") == 1 and error.endswith("\n")


WRONG = {
    "a term that is not there": (["--set", "risk.coridor.inner=0.03"], "risk.corridor.inner"),
    "a value out of bounds": (["--set", "risk.corridor.inner=0.9"], "a number from 0 to 0.5"),
    "a value of the wrong type": (["--set", "risk.corridor.on=perhaps"], "Risk corridor in force"),
    "a tolerance of nobody's": (["--set", "tolerances.by_partner.nobody.loss=0.1"], "no partner of that name"),
    "terms that contradict each other": (["--set", "cohort.min_age=60", "--set", "cohort.max_age=20"], "above"),
    "a setting without a value": (["--set", "risk.corridor.inner"], "PATH=VALUE"),
    "a scenario nobody wrote": (["--scenario", "free lunch"], "full risk"),
    "a cohort of nobody": (["--set", "cohort.min_age=110"], "leaves nobody in study year 5"),
    "a design that is not there": (["--design", "designs/none.yaml"], "can't be read"),
    "a design that is a folder": (["--design", "designs"], "can't be read"),
    "a data set that is not there": (["--dataset", "rand-hey"], "rand-hie"),
    "a month outside the data": (["--month", "1999-01"], "1999-01"),
    "a month inside a year of yearly data": (["--month", "0004-11"], "years, not months"),
    "an empty month": (["--month", ""], "YYYY-MM"),
    "an empty scenario": (["--scenario", ""], "full risk"),
    "something that is no month": (["--month", "May"], "YYYY-MM"),
    "an option that is not there": (["--bogus"], "--bogus"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input_ends_with_2_one_line_and_nothing_written(what: str, told: Callable[..., Told],
                                                              tmp_path: Path) -> None:  # fmt: skip
    arguments, words = WRONG[what]
    status, output, error = told("report", "--out", str(tmp_path / "out"), *arguments)
    assert (status, output) == (2, "")
    assert _one_line(error), error
    assert words in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"risk: [", b"just words", b"risk: {corridor: {inner: wide}}"])
def test_a_design_that_cannot_be_read_is_named(content: bytes, told: Callable[..., Told], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    status, _, error = told("design", "check", str(path))
    assert status == 2
    assert _one_line(error)
    assert "mine.yaml" in error


def test_a_folder_that_is_not_ours_is_left_alone(told: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    status, _, error = told("report", "--out", str(tmp_path))
    assert status == 2
    assert _one_line(error)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_file_of_mine_in_an_earlier_run_survives_and_ends_with_2(told: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    (tmp_path / "mynotes.txt").write_text("mine")
    status, output, error = told("report", "--out", str(tmp_path))
    assert (status, output) == (2, "")
    assert _one_line(error)
    assert "mynotes.txt" in error
    assert (tmp_path / "mynotes.txt").read_text() == "mine"


def test_the_help_of_replace_names_every_file_that_is_replaced(told: Callable[..., Told]) -> None:
    words = told("report", "--help")[1].split()
    assert all(any(name in word for word in words) for name in RUN_FILES)


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


def _denied(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", "somewhere")


@pytest.mark.parametrize(("fault", "words"), [(_full, "No space left"), (_denied, "Permission denied")])
def test_a_fault_of_the_machine_ends_with_1_one_line_and_nothing_left(
    fault: Callable[..., None], words: str, told: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_run_notebook", fault)
    status, output, error = told("report", "--out", str(tmp_path / "out"))
    assert (status, output) == (1, "")
    assert _one_line(error)
    assert words in error
    assert list(tmp_path.iterdir()) == []


def _full_without_a_name(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _broken_without_a_number(*_: object) -> None:
    raise OSError("the disk is gone")


@pytest.mark.parametrize(("fault", "words"), [(_full_without_a_name, "No space left on device"),
                                              (_broken_without_a_number, "the disk is gone")])  # fmt: skip
def test_a_fault_that_names_no_file_is_said_of_the_run_s_folder(
    fault: Callable[..., None], words: str, told: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "write_documents", fault)
    status, _, error = told("report", "--out", str(tmp_path / "out"))
    assert (status, error) == (1, f"capitation: {tmp_path / 'out'}: {words}\n")


def test_a_failing_cell_ends_with_1_one_line_and_the_notebook_kept_beside(
    told: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(notebooks.notebook(notebooks.REPORT), as_version=4)
    notebook.cells = [*notebook.cells[:2], nbformat.v4.new_code_cell("wb.nothing")]
    nbformat.write(notebook, tmp_path / "failing.ipynb")
    monkeypatch.setattr(notebooks, "notebook", lambda _: tmp_path / "failing.ipynb")
    status, output, error = told("report", "--out", str(tmp_path / "new" / "out"))
    assert (status, output) == (1, "")
    assert _one_line(error), error
    assert "NameError" in error
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out-failed.ipynb"]


def test_a_fault_of_the_program_is_one_line_unless_the_traceback_is_asked_for(
    told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capitation.dataset.checking.check", _broken)
    status, _, error = told("dataset", "check", "rand-hie")
    assert status == 1
    assert _one_line(error)
    monkeypatch.setenv("CAPITATION_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["dataset", "check", "rand-hie"])


def _broken(_: str) -> None:
    raise ZeroDivisionError("two\nlines")


def test_settle_prints_the_document_of_the_changed_design(told: Callable[..., Told]) -> None:
    status, output, error = told("settle", "--scenario", "cautious start", "--set", "risk.corridor.inner=0.005",
                                 "--set", "outlook.replicates=1024")  # fmt: skip
    document = json.loads(output)
    assert (status, error) == (0, "")
    assert document["design"]["terms"]["risk.corridor.inner"] == 0.005  # --set comes after the scenario
    assert document["design"]["terms"]["risk.corridor.outer"] == 0.03
    assert document["design"]["terms"]["price.confidence"] == 0.8


def test_a_month_settles_its_own_year(told: Callable[..., Told]) -> None:
    document = json.loads(told("settle", "--month", "0004-12", "--set", "outlook.replicates=1024")[1])
    assert document["month"] == "0004-12"
    assert document["contract_year"] == {"year": 4, "name": "study year 4", "months": 12}


def test_a_month_inside_a_year_settles_the_year_to_date(told: Callable[..., Told], county: Path) -> None:
    arguments = ["--dataset", str(county), "--design", "designs/county.yaml", "--set", "outlook.replicates=1024"]
    document = json.loads(told("settle", "--month", "2015-09", *arguments)[1])
    assert document["contract_year"] == {"year": 2015, "name": "2015/16", "months": 6}
    assert any("6 of 12 months" in warning for warning in document["warnings"])
    assert document["dataset"]["last_month"] == "2015-09"


def test_a_sound_data_set_is_called_sound(told: Callable[..., Told]) -> None:
    status, output, error = told("dataset", "check", "rand-hie")
    *notes, verdict, _ = output.splitlines()
    assert (status, verdict, error) == (0, "The data set is sound.", "")
    assert "note: Reversed deprivation was not looked for: nobody's fifth is known." in notes
    assert all(note.startswith("note: ") for note in notes)


def test_a_sound_data_set_shows_what_its_source_can_be_held_against(told: Callable[..., Told], county: Path,
                                                                    rand_hie: LinkedDataset) -> None:  # fmt: skip
    line = told("dataset", "check", "rand-hie")[1].splitlines()[-1]
    spend = rand_hie.costs.to_numpy().sum() + rand_hie.unplaced_spend
    assert f"study year 1 to study year 5, and ${spend:,.0f} of spend" in line
    people = re.search(r"It holds ([\d,]+) people", line)
    assert people
    assert int(people[1].replace(",", "")) % 5 == 0
    assert "2013-04 to 2018-03, and £" in told("dataset", "check", str(county))[1].splitlines()[-1]


def test_warnings_come_before_what_a_data_set_holds(told: Callable[..., Told],
                                                    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    warning = Fault("budgets", "amount", 0, (), "budgets near the spend", "they are off", fatal=False)
    monkeypatch.setattr("capitation.dataset.checking.check", lambda _: [warning])
    starts = [line.split()[0] for line in told("dataset", "check", "rand-hie")[1].splitlines()]
    assert [start for start in starts if start != "note:"] == ["warning:", "The", "It"]
    assert starts[0] == "warning:"


def test_a_finding_that_moves_the_price_is_not_called_sound(
    told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    off = Fault("budgets", "amount", 0, (), "budgets near the spend", "they are off", fatal=False)
    dear = replace(off, effect="as recorded £12 a person-year, put right £10: £2.00 too much", gap=2.0, moves=0.2)
    for faults, verdict, strict in (
        ([off], "The data set can be opened, with 1 warning.", 2),
        ([dear], "The data set can be opened, but 1 finding moves the price of a person-year by $2.00 too much.", 2),
        ([], "The data set is sound.", 0),
    ):
        monkeypatch.setattr("capitation.dataset.checking.check", lambda _, found=faults: found)
        status, output, _ = told("dataset", "check", "rand-hie")
        assert (status, output.splitlines()[-2]) == (0, verdict)
        assert told("dataset", "check", "rand-hie", "--strict")[0] == strict


def test_a_fatal_fault_is_a_line_and_ends_with_2(told: Callable[..., Told], tmp_path: Path) -> None:
    broken = make_county(50, 1, tmp_path / "county")
    (broken / "people.parquet").unlink()
    status, output, error = told("dataset", "check", str(broken))
    assert (status, error) == (2, "")
    assert output.startswith("people: the table is missing")


def test_a_county_is_made_where_it_is_asked_for(told: Callable[..., Told], tmp_path: Path) -> None:
    status, output, _ = told("dataset", "make-county", "--people", "50", "--seed", "3", "--out", str(tmp_path / "c"))
    assert status == 0
    assert (tmp_path / "c" / "dataset.yaml").exists()
    assert str(tmp_path / "c") in output


def test_the_targets_of_a_county_are_told_with_band_and_verdict(told: Callable[..., Told], county: Path) -> None:
    status, output, _ = told("dataset", "targets", str(county))
    *rows, last = output.splitlines()
    assert status == 0
    assert len(rows) == len(TARGETS)
    assert all(re.match(r"(hit|missed): .+: -?[\d.,]+(e-?\d+)?; band .+ to .+ \(.+\)$", row) for row in rows), rows
    hits = sum(row.startswith("hit") for row in rows)
    assert last == f"{hits} of {len(TARGETS)} targets are hit."


def test_targets_are_for_synthetic_counties_only(told: Callable[..., Told], county: Path, tmp_path: Path) -> None:
    real = Path(shutil.copytree(county, tmp_path / "county"))
    described = (real / "dataset.yaml").read_text("utf-8")
    (real / "dataset.yaml").write_text(described.replace("synthetic: true", "synthetic: false"), "utf-8")
    status, _, error = told("dataset", "targets", str(real))
    assert status == 2
    assert "does not say that it is synthetic" in error


def test_a_design_is_checked_against_a_data_set(told: Callable[..., Told], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("scope: {services: [dentistry]}\nform: {years: 1}\n")
    status, output, _ = told("design", "check", str(path))
    assert status == 0
    assert "too short" in output
    status, _, error = told("design", "check", str(path), "--dataset", "rand-hie")
    assert status == 2
    assert "dentistry" in error


def test_designs_overrides_and_scenarios_are_listed(told: Callable[..., Told]) -> None:
    output = told("design", "list")[1]
    assert "design baseline.yaml (" in output
    assert "override no stop-loss: risk.stop_loss.on=False" in output
    assert "scenario full risk: no stop-loss, then no corridor" in output


def test_every_term_is_listed_with_unit_bounds_and_default(told: Callable[..., Told]) -> None:
    lines = told("design", "list", "--terms")[1].splitlines()
    assert "risk.corridor.inner · Inner band · share · a number from 0 to 0.5 · default 0.02" in lines
    assert any(line.startswith("outcomes.measures.NAME.floor · ") for line in lines)
    assert any(line.startswith("scope.services ") and line.endswith("default [] (all)") for line in lines)
    assert any(line.startswith("scope.outside_providers ") and line.endswith("default [] (none)") for line in lines)
    assert any(line.startswith("price.path.pace ") and line.endswith("default 0.0 (no limit)") for line in lines)


def test_the_difference_of_two_designs_is_a_line_a_term(told: Callable[..., Told], tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(Path(BASELINE).read_text() + "form: {years: 7}\n")
    assert told("design", "diff", BASELINE, str(other))[1] == "form.years: Length of the contract 5 → 7\n"
    assert told("design", "diff", BASELINE, BASELINE)[1] == "The terms are the same.\n"


def test_the_board_is_given_the_design_and_data_set_asked_for(told: Callable[..., Told], root: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr("capitation.board.server.serve", lambda *given: calls.append(given))
    assert told("board", "--port", "9000", "--token", "word", "--no-browser")[0] == 0
    notebook, port, token, browser, served = calls[0]
    assert (notebook, port, token, browser) == (root / "notebooks" / "board.ipynb", 9000, "word", False)
    assert served == {"CAPITATION_DATASET": "rand-hie", "CAPITATION_DESIGN": str(root / BASELINE)}


@pytest.mark.parametrize("options", ["", "?read_only=1"])
def test_the_board_is_given_whole_paths_for_its_kernel_runs_in_another_folder(
    options: str, told: Callable[..., Told], tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[dict[str, str]] = []
    monkeypatch.setattr("capitation.board.server.serve", lambda *given: served.append(given[-1]))
    monkeypatch.setattr(run, "settled", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.duckdb").touch()
    (tmp_path / "mine.yaml").write_text((root / BASELINE).read_text())
    for dataset in (f"duckdb://mine.duckdb{options}", f"duckdb://{tmp_path}/mine.duckdb{options}"):
        assert told("board", "--dataset", dataset, "--design", "mine.yaml")[0] == 0
    whole = {"CAPITATION_DATASET": f"duckdb://{tmp_path}/mine.duckdb{options}",
             "CAPITATION_DESIGN": str(tmp_path / "mine.yaml")}  # fmt: skip
    assert served == [whole, whole]


@pytest.mark.parametrize("dataset", ["rand-hie", "postgres://someone@host/base"])
def test_an_address_that_is_no_file_is_served_as_it_is(dataset: str, told: Callable[..., Told], tmp_path: Path,
                                                       root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    served: list[dict[str, str]] = []
    monkeypatch.setattr("capitation.board.server.serve", lambda *given: served.append(given[-1]))
    monkeypatch.setattr(run, "settled", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rand-hie").mkdir()
    told("board", "--dataset", dataset, "--design", str(root / BASELINE))
    assert served[0]["CAPITATION_DATASET"] == dataset


def test_a_board_on_a_wrong_design_is_refused_before_it_is_served(told: Callable[..., Told]) -> None:
    status, _, error = told("board", "--design", "designs/none.yaml")
    assert status == 2
    assert _one_line(error)


def test_the_lab_opens_on_this_computer_only_behind_a_token(told: Callable[..., Told],
                                                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    calls: list[tuple[list[str], str]] = []

    def start(command: list[str], *, env: dict[str, str], check: bool) -> subprocess.CompletedProcess[str]:
        calls.append((command, env["JUPYTER_TOKEN"]))
        return subprocess.CompletedProcess(command, int(check))

    monkeypatch.setattr(subprocess, "run", start)
    status, output, _ = told("lab", "--no-browser")
    command, token = calls[0]
    assert status == 0
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--no-browser" in command
    assert len(token) >= 24
    assert token in output
    assert not any(token in word for word in command)


@pytest.mark.parametrize("command", [[], ["report"], ["settle"], ["dataset", "check"], ["design", "list"], ["board"]])
def test_help_is_there_for_every_command(command: list[str], told: Callable[..., Told]) -> None:
    status, output, error = told(*command, "--help")
    assert (status, error) == (0, "")
    assert "Usage: capitation" in output


def test_help_imports_no_slow_library() -> None:
    watch = ("import sys; from capitation.cli import _status; _status(['--help']); "
             "sys.exit(bool({'pandas', 'numpy', 'ibis', 'papermill', 'altair'} & set(sys.modules)))")  # fmt: skip
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert time.monotonic() - start < 10
