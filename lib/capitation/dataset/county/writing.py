"""The folder of a synthetic county: blocks made side by side, written in order, there whole or not at all."""

import os
import secrets
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from capitation.dataset.county import accounts, block, outcomes, population
from capitation.dataset.county import parameters as given
from capitation.dataset.county.block import Made, Order
from capitation.dataset.county.parameters import PROVIDERS, SERVICES, STARTS_IN
from capitation.errors import InputError

WORKERS, AHEAD = 2, 3  # processes, and blocks under way at once: what memory holds does not grow with the county
IN_PROCESS_UP_TO = 2  # blocks that are made without a second process
ZSTD_LEVEL = 3
TRUTH = "truth"
Progress = Callable[[float], None]


def make_county(
    people: int,
    seed: int,
    out: Path | str,
    *,
    plant: Sequence[str] = (),
    truth: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a synthetic county of ``people`` registered in April 2013, with five NHS years by month, to ``out``.

    Amounts are in £. The same seed gives the same bytes, however many processes make it. ``plant`` names faults
    to put in (`FAULTS`); ``truth`` adds a folder of what no real data would show, for tests; ``progress`` is told
    the share done, 0 to 1. Returns the folder, which appears whole or not at all. From 40,001 people on a second
    process is started, so a script must call this under ``if __name__ == "__main__"``.
    Raises ``InputError`` for too few or too many people, an unknown fault, or when ``out`` is taken.
    """
    out = Path(out)
    _check_request(people, seed, out, plant)
    hidden = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    with _termination_as_interrupt():
        try:
            hidden.mkdir(parents=True)
            _write(hidden, people, seed, plant, truth, progress or (lambda _: None))
            hidden.replace(out)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
    return out


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """A request to end (SIGTERM) as the interrupt of Ctrl-C, so that nothing half-written stays; as before afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_request(people: int, seed: int, out: Path, plant: Sequence[str]) -> None:
    if not 1 <= people <= given.MOST_PEOPLE:
        raise InputError("people", f"{people} asked for", f"at least 1 and at most {given.MOST_PEOPLE:,}")
    if seed < 0:
        raise InputError("seed", f"{seed} asked for", "a whole number of at least 0")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("out", f"'{out.name}' is there and is not an empty folder", "a new or empty folder")
    for name in plant:
        if name not in faults():
            raise InputError("plant", f"'{name}' is unknown", "one of " + ", ".join(sorted(faults())))


def faults() -> Mapping[str, str]:
    """The faults that can be planted: what each does, by name."""
    return import_module("capitation.dataset.county.planting").PLANTS


def _write(folder: Path, people: int, seed: int, plant: Sequence[str], truth: bool, progress: Progress) -> None:
    orders = block_orders(people, seed, truth)
    sums = _write_blocks(folder, orders, progress)
    for name, table in {**accounts.tables(seed, *sums), **_code_tables()}.items():
        _write_whole(table, folder / f"{name}.parquet")
    if truth:
        _write_whole(_effects_table(orders[0].effects), folder / TRUTH / "provider_effects.parquet")
    text = yaml.safe_dump(_description(people, seed, plant), sort_keys=False, allow_unicode=True)
    (folder / "dataset.yaml").write_text(text, "utf-8")
    if plant:
        import_module("capitation.dataset.county.planting").plant(folder, plant, seed)
    progress(1.0)


def block_orders(people: int, seed: int, truth: bool = False) -> list[Order]:
    """What each block of a county is made from; person numbers run on from block to block."""
    count = -(-people // given.BLOCK_PEOPLE)
    sizes = [population.size(people * (n + 1) // count - people * n // count) for n in range(count)]
    firsts = np.cumsum([1, *(size.people for size in sizes)])
    places = population.practices_by_district(people)
    practices = _practice_shares(seed, places)
    effects = outcomes.effects(seed, sum(map(len, places)))
    return [
        Order(seed, n, size, int(first), practices, effects, truth)
        for n, (size, first) in enumerate(zip(sizes, firsts, strict=False))
    ]


def _practice_shares(seed: int, places: list[list[int]]) -> list[np.ndarray]:
    """By district, every practice's share of the people, 0 for those of other districts."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(given.MOST_PEOPLE, 3)))
    weights = rng.lognormal(0, given.PRACTICE_SPREAD, sum(map(len, places)))
    rows = np.zeros((len(places), weights.size))
    for row, mine in zip(rows, places, strict=True):
        row[mine] = weights[mine] / weights[mine].sum()
    return list(rows)


def _write_blocks(folder: Path, orders: list[Order], progress: Progress) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Write every block's tables in order; the county's sums of pence linked, pence unlinked and units."""
    (folder / TRUTH).mkdir() if orders[0].truth else None
    sums = (0, 0, 0)
    with ExitStack() as held:
        writers: dict[str, pq.ParquetWriter] = {}
        for done, made in enumerate(held.enter_context(_Made(orders)), start=1):
            for name, table in made.tables.items():
                if name not in writers:
                    writers[name] = held.enter_context(_writer(_file(folder, name), table.schema))
                writers[name].write_table(table, row_group_size=max(1, table.num_rows))
            sums = tuple(a + b for a, b in zip(sums, (made.linked, made.unlinked, made.units), strict=True))
            progress(done / (len(orders) + 1))
    linked, unlinked, units = map(np.asarray, sums)
    return linked, unlinked, units


def _file(folder: Path, table: str) -> Path:
    return folder / TRUTH / "person_years.parquet" if table == TRUTH else folder / f"{table}.parquet"


def _writer(file: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # The schema of this library is left out, so that text is read back as text and not as a dictionary.
    return pq.ParquetWriter(file, schema, compression="zstd", compression_level=ZSTD_LEVEL, store_schema=False)


def _write_whole(table: pa.Table, file: Path) -> None:
    with _writer(file, table.schema) as writer:
        writer.write_table(table)


class _Made:
    """The blocks in order, made in this process when they are few, else in two others, a few ahead."""

    def __init__(self, orders: list[Order]):
        self.orders = orders
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Iterator[Made]:
        if len(self.orders) <= IN_PROCESS_UP_TO:
            return map(block.make, self.orders)
        self.pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), _as_a_worker)
        return _ahead(partial(self.pool.submit, block.make), self.orders)

    def __exit__(self, failed: object, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=not failed, cancel_futures=True)


def _ahead(submit: Callable[[Order], "Future[Made]"], orders: list[Order]) -> Iterator[Made]:
    waiting: deque[Future[Made]] = deque()
    for order in orders:
        waiting.append(submit(order))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _as_a_worker() -> None:
    """Leave interrupts to the parent, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _description(people: int, seed: int, plant: Sequence[str]) -> dict[str, object]:
    planted = f", planted: {', '.join(plant)}" if plant else ""
    return {
        "name": "Synthetic county",
        "description": "SYNTHETIC: no person, organisation or amount is real. A county in the shape of an older "
        "English one, with eleven service lines and five NHS years, for demonstration and tests.",
        "source": f"Synthetic: made by this project's county generator, {people} people, seed {seed}{planted}",
        "currency": "£",
        "grain": "month",
        "year_starts_in": STARTS_IN,
        "synthetic": True,
        "contract_groups": [],
    }


def _code_tables() -> dict[str, pa.Table]:
    columns = {
        "service": [service.code for service in SERVICES],
        "label": [service.label for service in SERVICES],
        "setting": [service.setting for service in SERVICES],
        "unit": [service.unit for service in SERVICES],
    }
    providers = {"provider": list(PROVIDERS), "label": list(PROVIDERS.values())}
    return {"services": pa.table(columns), "providers": pa.table(providers)}


def _effects_table(effects: outcomes.Effects) -> pa.Table:
    rows = [
        (name, block.practice_code(number), float(effect))
        for name, found in effects.items()
        for number, effect in enumerate(found)
    ]
    measure, practice, effect = zip(*rows, strict=True)
    return pa.table({"measure": measure, "practice": practice, "effect": effect})
