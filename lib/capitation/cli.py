"""``capitation …``: the command line. Exit status 0 done, 2 the input is wrong, 1 anything else.

Slow imports wait until a command needs them, so that ``--help`` answers at once.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capitation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from capitation.cases import Preset
    from capitation.dataset import LinkedDataset
    from capitation.dataset.faults import Fault
    from capitation.design import ContractDesign
    from capitation.design.declaration import Declaration
    from capitation.outcomes.library import Measures

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, help=(
    "Design, price, stress, settle and monitor one capitated care contract."))  # fmt: skip
datasets = typer.Typer(rich_markup_mode=None, help="Check a data set, or make a synthetic one.")
designs = typer.Typer(rich_markup_mode=None, help="Check, list and compare contract designs.")
app.add_typer(datasets, name="dataset")
app.add_typer(designs, name="design")

DatasetOption = Annotated[str, typer.Option(help=(
    "rand-hie, a folder of Parquet or CSV tables, or a database address."))]  # fmt: skip
DesignOption = Annotated[Path, typer.Option(help="The contract design, a YAML file.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help=(
    "Change one term, e.g. risk.corridor.inner=0.03; shares from 0 to 1, money in the data set's currency. May be "
    "repeated; 'capitation design list --terms' lists every term with its unit."))]  # fmt: skip
ScenarioOption = Annotated[str | None, typer.Option(help=(
    "A scenario or override of scenarios.yaml beside the design; --set comes after it."))]  # fmt: skip
MonthOption = Annotated[str | None, typer.Option(metavar="YYYY-MM", help=(
    "Look at nothing after this month and settle its year to date."))]  # fmt: skip
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")]
TokenOption = Annotated[str | None, typer.Option(help="The word that opens the page; made up when not given.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the address.")]
ReplaceOption = Annotated[bool, typer.Option(help=(
    "Replace an earlier run in the folder: its report.html, report.ipynb, result.json, money_lines.csv, design.yaml "
    "and provenance.json. A folder that holds anything else is refused and left as it is."))]  # fmt: skip
BASELINE = Path("designs", "baseline.yaml")


@app.command()
def report(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder; it appears whole or not at all.")],
    dataset: DatasetOption = "rand-hie",
    design: DesignOption = BASELINE,
    settings: Settings = None,
    scenario: ScenarioOption = None,
    month: MonthOption = None,
    replace: ReplaceOption = True,
) -> None:
    """Run the report: HTML page, notebook, result.json, money_lines.csv, design.yaml, provenance.json."""
    changes = _changes(design, scenario, settings)
    from capitation.report.folder import PAGE
    from capitation.report.run import run_report

    with _progress() as say, _place_named(out):
        folder = run_report(dataset, design, changes, month, out, progress=say, replace=replace)
    typer.echo(f"Report: {folder / PAGE}")


@app.command()
def settle(
    dataset: DatasetOption = "rand-hie",
    design: DesignOption = BASELINE,
    settings: Settings = None,
    scenario: ScenarioOption = None,
    month: MonthOption = None,
) -> None:
    """Settle the contract year and print result.json; amounts in the data set's currency."""
    changes = _changes(design, scenario, settings)
    from capitation.report.run import settled
    from capitation.report.summary import result_document

    result, test = settled(dataset, design, changes, month)
    typer.echo(result_document(result, test, month).text(), nl=False)


@datasets.command("check")
def dataset_check(
    dataset: Annotated[str, typer.Argument(metavar="D", help="The data set's address.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 2 also when there are only warnings.")] = False,
) -> None:
    """Print every fault of a data set, one a line. Exit status 2 when one of them is fatal.

    Of a sound one, also what its source can be held against: people, years or months, and total spend.
    """
    from capitation.dataset import check, open_dataset
    from capitation.outcomes.library.unusable import share_faults

    faults = check(dataset)
    for fault in faults:
        typer.echo(fault.line())
    if any(fault.fatal for fault in faults):
        raise typer.Exit(2)
    data = open_dataset(dataset)
    shares = share_faults(data)
    for fault in shares:
        typer.echo(fault.line())
    faults += shares
    for sentence in data.not_searched:
        typer.echo(f"note: {sentence}")
    content = _content(data)
    typer.echo(_verdict(faults, data.meta.currency))
    typer.echo(content)
    left_out = _beside(data)
    if strict and (faults or left_out):
        raise typer.Exit(2)


@datasets.command("quality")
def dataset_quality(
    dataset: Annotated[str, typer.Argument(metavar="D", help="The data set's address.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write the page that a steward signs.")] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="As it stood at the end of this month.")] = None,
) -> None:
    """Say how good a data set is, part by part, and what its faults do to the price.

    Of one that is not fit to be opened too, as far as its rows can be measured; exit status 2 then.
    """
    from capitation.dataset.quality import quality_lines
    from capitation.steward_page import steward_page

    if out and out.is_dir():
        raise InputError("out", f"'{out.name}' is a folder", "a file to write, such as quality.html")
    with _progress() as tell:
        tell("opening the data")
        data = _opened_if_fit(dataset)
        if data is None:
            tell("measuring what can't be opened")
            raise typer.Exit(_quality_of_faulty(dataset, out))
        data = data.as_at(month) if month else data
        tell("measuring its quality")
        quality, findings = data.quality, data.findings
    for line in [*quality_lines(quality), *(finding.shown() for finding in findings), *data.not_searched]:
        typer.echo(line)
    if out:
        with _place_named(out):
            _write_whole(out, steward_page(data.meta, quality, findings))
        typer.echo(f"Page to sign: {out}")


def _opened_if_fit(dataset: str) -> "LinkedDataset | None":
    from capitation.dataset import open_dataset

    try:
        return open_dataset(dataset)
    except InputError:
        return None  # what is wrong is said with all other faults


def _quality_of_faulty(dataset: str, out: Path | None) -> int:
    """The lines, and the page, of a data set that is not fit to be opened; the exit status."""
    from capitation.dataset.faulty import measured
    from capitation.dataset.quality import quality_lines
    from capitation.steward_page import NOT_FIT, steward_page

    meta, quality, faults = measured(dataset)
    for line in [*quality_lines(quality), *(fault.shown() for fault in faults), NOT_FIT]:
        typer.echo(line)
    if out:
        with _place_named(out):
            _write_whole(out, steward_page(meta, quality, faults))
        typer.echo(f"Page, not to be signed: {out}")
    return 2


@datasets.command("make-county")
def dataset_make_county(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
    people: Annotated[int, typer.Option(help="People registered at the start, at most 5,000,000.")] = 5_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same county.")] = 1,
    plant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A fault to put in; may be repeated. A name that is not known is answered with those that are.",
        ),
    ] = None,
    truth: Annotated[bool, typer.Option("--truth", help="Add what no real data would show, for tests.")] = False,
) -> None:
    """Make a synthetic county of five years by month, in pounds; no person in it is real."""
    from capitation.dataset import make_county

    with _place_named(out), _share_done("making the county") as done:
        folder = make_county(people, seed, out, plant=plant or (), truth=truth, progress=done)
    typer.echo(f"Synthetic county: {folder}")


@datasets.command("targets")
def dataset_targets(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A county that make-county made.")],
) -> None:
    """Hold a synthetic county against the published figures it was made to meet, one a line: hit or missed."""
    from capitation.dataset.county.targets import of_synthetic

    found = of_synthetic(folder)
    for row in found.to_dict("records"):
        verdict, band = "hit" if row["hit"] else "missed", f"{row['low']:,.4g} to {row['high']:,.4g}"
        typer.echo(f"{verdict}: {row['name']}: {row['value']:,.4g}; band {band} ({row['basis']})")
    typer.echo(f"{int(found['hit'].sum())} of {len(found)} targets are hit.")


@designs.command("check")
def design_check(
    design: Annotated[Path, typer.Argument(metavar="FILE", help="The design, a YAML file.")],
    dataset: Annotated[str | None, typer.Option(help="A data set the design must fit, too.")] = None,
) -> None:
    """Say whether a design is valid, and what experience speaks against in it."""
    from capitation.design import read_design
    from capitation.form.advice import warnings
    from capitation.form.measure_advice import weights_in_words

    read = read_design(design)
    if dataset is not None:
        from capitation.report.run import settled

        settled(dataset, design, {}, None)
    for warning in warnings(read):
        typer.echo(f"warning: {warning}")
    for note in weights_in_words(read.outcomes):
        typer.echo(f"note: {note}")
    typer.echo(f"{design.name}: {read.name} ({read.key}) is valid.")


@designs.command("list")
def design_list(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of designs.")] = BASELINE.parent,
    terms: Annotated[bool, typer.Option("--terms", help="List every term of a design instead.")] = False,
) -> None:
    """List the designs of a folder with their keys, and its overrides and scenarios; or every term."""
    for line in _terms() if terms else _designs(folder):
        typer.echo(line)


@designs.command("diff")
def design_diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="One design.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another design.")],
) -> None:
    """Print the terms in which two designs differ, one a line."""
    from capitation.design import diff, read_design

    changes = diff(read_design(before), read_design(after))
    for change in changes:
        typer.echo(f"{change.path}: {change.words('')}")
    if not changes:
        typer.echo("The terms are the same.")


@app.command("cases")
def cases(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A case or form; none lists them all.")] = None,
    dataset: Annotated[str | None, typer.Option(help="A data set to put its terms on.")] = None,
    design: Annotated[
        Path | None, typer.Option(help="The design its terms are put on; none: every term's default.")
    ] = None,
) -> None:
    """List the published cases and forms of contract, or tell one: what happened, its figures with sources, what it shows."""
    from capitation.cases import find, presets
    from capitation.cases.words import list_line

    lines = _told(find(name), dataset, design) if name else (list_line(*each) for each in presets().items())
    for line in lines:
        typer.echo(line)


def _told(preset: "Preset", dataset: str | None, design: Path | None) -> Iterator[str]:
    """What happened, and what it shows on a data set if there is one."""
    from capitation.cases.words import told_lines

    yield from told_lines(preset)
    if dataset is None:
        yield "With --dataset D it is put on a data set."
        return
    from capitation.cases import Look
    from capitation.cases.words import seen, seen_line
    from capitation.dataset import open_dataset
    from capitation.design import ContractDesign, read_design

    base = read_design(design) if design else ContractDesign()
    found, lack = seen(Look(preset, open_dataset(dataset), base))
    yield f"\nOn {dataset}, with its terms on the design {base.name if design else 'of every default'}:"
    yield from ([lack] if lack else (f"  {seen_line(one)}" for one in found))


@app.command("measures")
def measures(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="A measure, e.g. M01; none lists them all.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only those of a domain, e.g. 'clinical quality'.")] = None,
    local: Annotated[str | None, typer.Option(metavar="FILE", help="Local measures to add, a YAML file.")] = None,
    dataset: Annotated[str | None, typer.Option(help="A data set: say of each measure what gives it there.")] = None,
) -> None:
    """List the measures of the library, or tell one: what it counts, published levels, how it is gamed and balanced."""
    from capitation.outcomes.library import find, library, with_local
    from capitation.outcomes.library.words import chosen, entry_lines, list_line

    known = with_local(local) if local else library()
    known, here = _computable(known, dataset) if dataset else (known, None)
    lines = entry_lines(find(name, known)) if name else (
        list_line(one, here.get(one.id, "") if here is not None else None) for one in chosen(known, domain)
    )  # fmt: skip
    for line in lines:
        typer.echo(line)


def _computable(known: "Measures", dataset: str) -> tuple["Measures", dict[str, str]]:
    """The measures with the data set's own local ones, and what of it gives each; every local one is held against it."""
    from capitation.dataset import open_dataset
    from capitation.outcomes.library import added, check_columns, computable
    from capitation.outcomes.library.of_dataset_words import FIGURES

    data = open_dataset(dataset)
    check_columns(known, data)
    whole = {**added(data).local, **known}
    return whole, dict.fromkeys(added(data).measures_with_figures, FIGURES) | computable(data, whole)


@app.command()
def board(
    dataset: DatasetOption = "rand-hie",
    design: DesignOption = BASELINE,
    port: PortOption = 8866,
    token: TokenOption = None,
    no_browser: NoBrowser = False,
) -> None:
    """Show the board on this computer until Ctrl-C, behind a token."""
    from capitation.board.server import serve
    from capitation.report.notebooks import notebook
    from capitation.report.run import settled
    from capitation.workbench.opening import SERVED_DATASET, SERVED_DESIGN

    settled(dataset, design, {}, None)
    served = {SERVED_DATASET: _absolute(dataset), SERVED_DESIGN: str(design.resolve())}
    serve(notebook("board.ipynb"), port, token, not no_browser, served)


@app.command()
def lab(port: PortOption = 8888, token: TokenOption = None, no_browser: NoBrowser = False) -> None:
    """Open JupyterLab on the project's notebooks, on this computer only, behind a token."""
    import secrets
    import subprocess

    from capitation.report.notebooks import folder

    token = token or secrets.token_urlsafe(24)
    typer.echo(f"JupyterLab: http://127.0.0.1:{port}/lab?token={token}")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder()}", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               # nothing is asked of another host: no news, no search for updates
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    command += ["--no-browser"] * no_browser + ["--allow-root"] * (os.geteuid() == 0)
    done = subprocess.run(command, env={**os.environ, "JUPYTER_TOKEN": token}, check=False)
    raise typer.Exit(1 if done.returncode else 0)


def _changes(design: Path, scenario: str | None, settings: list[str] | None) -> dict[str, Any]:
    """The changes asked for: the scenario's, then each setting, the last one winning."""
    from capitation.design import SCENARIOS, apply_scenario, change, parse_setting, read_design, read_scenarios

    read, changes = read_design(design), {}
    if scenario is not None:
        known = read_scenarios(design.parent / SCENARIOS)
        apply_scenario(read, scenario, known)
        for override in known.scenarios.get(scenario, [scenario]):
            changes |= known.overrides[override]
    changes |= dict(parse_setting(text) for text in settings or [])
    change(read, changes)
    return changes


def _absolute(dataset: str) -> str:
    """A data set's address that leads to the same place from any folder: the board's kernel is in another."""
    from capitation.dataset.rand_hie import ADDRESS

    scheme, mark, rest = dataset.rpartition("://")
    file, asked, options = rest.partition("?") if scheme else (rest, "", "")
    if dataset == ADDRESS or not Path(file).exists():
        return dataset
    return f"{scheme}{mark}{Path(file).resolve()}{asked}{options}"


def _verdict(faults: "list[Fault]", currency: str) -> str:
    """Whether a data set that can be opened is sound, and what its findings do to the price."""
    if not faults:
        return "The data set is sound."
    moving = [fault for fault in faults if fault.moves and not fault.together]
    whole = [fault for fault in faults if fault.together]
    faults = [fault for fault in faults if not fault.together]
    if not moving:
        return f"The data set can be opened, with {_counted(len(faults), 'warning')}."
    rest = len(faults) - len(moving)
    more = f"; {_counted(rest, 'other warning')}" if rest else ""
    verb = "moves" if len(moving) == 1 else "move"
    return (f"The data set can be opened, but {_counted(len(moving), 'finding')} {verb} the price of a person-year by "
            f"{', '.join(_gap(fault, currency) for fault in whole or moving)}{' together' if whole else ''}{more}.")  # fmt: skip


def _gap(fault: "Fault", currency: str) -> str:
    from capitation.terms import money

    gap = fault.gap or 0.0
    return f"{money(abs(gap), currency)} too {'much' if gap > 0 else 'little'}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _beside(data: "LinkedDataset") -> bool:
    """Say what the supplied figures and local measures beside the tables hold, and what of them is left out; whether any is."""
    from capitation.outcomes.library.of_dataset_words import beside_lines, left_out_lines

    left_out = left_out_lines(data)
    for line in (*beside_lines(data), *(f"warning: {line}; left out" for line in left_out)):
        typer.echo(line)
    return bool(left_out)


def _content(data: "LinkedDataset") -> str:
    """What a data set holds, in a line to be held against its source."""
    from capitation.dataset.disclosure import HIDDEN, suppress_count

    people = data.people
    ends = data.months if data.meta.grain == "month" else [data.meta.year_name(y) for y in data.years]
    spend = f"{data.placed_spend + data.unplaced_spend:,.0f}" if data.spend_may_be_shown else HIDDEN
    return (f"It holds {suppress_count(people)} people (to the nearest 5; * for 1 to 7), {ends[0]} to {ends[-1]}, "
            f"and {data.meta.currency}{spend} of spend.")  # fmt: skip


def _terms() -> Iterator[str]:
    from capitation.design import ContractDesign
    from capitation.design.outcome_parts import Outcomes, PaidMeasure

    for d in ContractDesign(outcomes=Outcomes(measures={"NAME": PaidMeasure()})).declarations.values():
        yield " · ".join([d.path, d.label, d.unit or "no unit", d.bounds, f"default {_default(d)}"])


def _default(declared: "Declaration") -> str:
    """A default as it would be typed, and what it says where it is empty or stands for something else."""
    value = declared.default
    typed = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple | bool) else str(value) or '""'
    return f"{typed} ({said})" if (said := _said_by_default(declared)) else typed


def _said_by_default(declared: "Declaration") -> str:
    from capitation.terms import figure, said_of_nothing

    empty = figure(declared.default, declared.unit, "") if declared.default in ((), "") else ""
    return said_of_nothing(declared.path, declared.default) or empty


def _designs(folder: Path) -> Iterator[str]:
    from capitation.design import SCENARIOS, read_design, read_scenarios

    if not folder.is_dir():
        raise InputError(str(folder), "there is no such folder", "a folder of designs in YAML")
    for path in sorted(folder.rglob("*.yaml")):
        if path.name != SCENARIOS:
            yield _design_line(path.relative_to(folder), read_design(path))
    known = read_scenarios(folder / SCENARIOS)
    for name, terms in known.overrides.items():
        yield f"override {name}: " + ", ".join(f"{path}={value}" for path, value in terms.items())
    for name, overrides in known.scenarios.items():
        yield f"scenario {name}: " + ", then ".join(overrides)


def _design_line(path: Path, design: "ContractDesign") -> str:
    return f"design {path} ({design.key}): {design.question}"


@contextmanager
def _progress() -> "Iterator[Callable[[str], None]]":
    """Says each step on the terminal; says nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda step: status.update(f"{step}…")


@contextmanager
def _share_done(what: str) -> "Iterator[Callable[[float], None]]":
    """Shows a bar of the share done on the terminal; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _write_whole(out: Path, text: str) -> None:
    """The file appears whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _place_named(out: Path) -> Iterator[None]:
    """A fault of the machine that names no file, such as a full disk, is said of the folder written to."""
    try:
        yield
    except OSError as error:
        if error.filename:
            raise
        raise OSError(error.errno or 0, error.strerror or str(error), str(out)) from error


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end with its exit status."""
    sys.exit(_status(arguments))


def _status(arguments: list[str] | None) -> int:
    command = typer.main.get_command(app)
    try:
        return command.main(arguments, prog_name="capitation", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        return _said("stopped", 1)
    except InputError as error:
        return _said(str(error), 2)
    except Exception as error:
        if os.environ.get("CAPITATION_TRACEBACK") == "1":
            raise
        return _other(error)


def _other(error: Exception) -> int:
    """A usage error (status 2), a fault of the machine or of the program (status 1), in one line."""
    in_words = getattr(error, "format_message", None)
    if in_words:
        return _said(f"{in_words().rstrip('.')}; see 'capitation --help'", 2)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _said(f"{place}{error.strerror or error}", 1)
    name = type(error).__name__
    return _said(str(error) if name == "ReportFailed" else f"{name}: {error} (CAPITATION_TRACEBACK=1 says more)", 1)


def _said(message: str, status: int) -> int:
    print("capitation: " + " ".join(message.split()), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
