"""The terms that may move, each within its range, as a search sees them: from 0 to 1."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult
from capitation.design import ContractDesign
from capitation.errors import InputError
from capitation.loss.ratio import Floats

RARE_PERSON = 0.95  # of person-years: stop-loss protects against rare people, not against care as such
LEAST_ROOM = 0.02  # of the price, where the drawn years leave next to none
PARTS_OF_A_STEP = 20  # terms are found to a twentieth of their control's step
ORDERED = (
    ("risk.corridor.inner", "risk.corridor.outer"),
    ("risk.profit_limits.guarantee", "risk.profit_limits.cap"),
    ("risk.corridor.outer_share", "risk.corridor.inner_share"),  # shares fall band by band: else the rarest losses,
    (
        "risk.corridor.beyond_share",
        "risk.corridor.outer_share",
    ),  # of which a 1-in-20 year says nothing, would be the holder's
)


@dataclass(frozen=True, eq=False)
class Moving:
    """Terms by path with the range and the grid of each, arrays of shape (terms,); ``base`` is the design they move in.

    ``by_ratio``: the term is moved by ratios, not by differences. ``ordered`` are pairs of places: the first term is
    never above the second.
    """

    paths: tuple[str, ...]
    low: Floats
    high: Floats
    grid: Floats
    by_ratio: NDArray[np.bool_]
    ordered: tuple[tuple[int, int], ...]
    base: ContractDesign

    def values(self, place: Floats) -> dict[str, float]:
        """The terms at a ``place`` (terms,), 0 the low end and 1 the high end of each range."""
        even = self.low + (self.high - self.low) * place
        ratio = np.maximum(self.low, 1.0) * (self.high / np.maximum(self.low, 1.0)) ** place
        return dict(zip(self.paths, map(float, np.where(self.by_ratio, ratio, even)), strict=True))

    def place(self, values: Mapping[str, float]) -> Floats:
        """Where terms stand, the other way round; within 0 to 1."""
        value = np.array([values[path] for path in self.paths], dtype=float)
        even = (value - self.low) / np.maximum(self.high - self.low, 1e-12)
        low = np.maximum(self.low, 1.0)
        ratio = np.log(np.maximum(value, 1e-12) / low) / np.log(np.maximum(self.high / low, 1 + 1e-12))
        return np.clip(np.where(self.by_ratio, ratio, even), 0.0, 1.0)

    def rounded(self, values: Mapping[str, float], parts: int = 1) -> dict[str, float]:
        """Each term at the nearest point of its grid, or of one ``parts`` times as fine, within its range."""
        found = {}
        for path, low, high, grid in zip(self.paths, self.low, self.high, self.grid / parts, strict=True):
            found[path] = _plain(min(max(_on_grid(values[path], grid), _up(low, grid)), _down(high, grid)))
        return found

    def design(self, values: Mapping[str, float]) -> ContractDesign:
        """The design with these terms, not validated again: they lie in their ranges, and pairs in order."""
        risk, payments = self.base.risk, self.base.payments
        for folder, terms in _by_folder(values).items():
            if folder == "payments":
                payments = payments.model_copy(update=terms)
            else:
                clause = folder.removeprefix("risk.")
                risk = risk.model_copy(update={clause: getattr(risk, clause).model_copy(update=terms)})
        return self.base.model_copy(update={"risk": risk, "payments": payments})

    @property
    def now(self) -> dict[str, float]:
        """The terms as they are in the design."""
        return {path: float(self.base.value(path)) for path in self.paths}


def term_words(design: ContractDesign, path: str) -> str:
    """A term with its clause, e.g. ``Stop-loss: attachment point``."""
    folder = path.split(".")[-2].replace("_", " ").replace("stop loss", "stop-loss")
    return f"{folder.capitalize()}: {design.declaration(path).label.lower()}"


def _by_folder(values: Mapping[str, float]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for path, value in values.items():
        folder, _, name = path.rpartition(".")
        found.setdefault(folder, {})[name] = value
    return found


def _on_grid(value: float, grid: float) -> float:
    return round(value / grid) * grid


def _up(value: float, grid: float) -> float:
    return np.ceil(value / grid - 1e-9) * grid


def _down(value: float, grid: float) -> float:
    return np.floor(value / grid + 1e-9) * grid


def _plain(value: float) -> float:
    return float(f"{value:.10g}")


def moving(result: ContractResult) -> Moving:
    """The terms that the design lets move, but for those of a clause that is switched off.

    Raises InputError where none is left.
    """
    design = result.in_force
    paths = tuple(path for path in design.tolerances.movable if _in_force(design, path))
    if not paths:
        raise InputError("tolerances.movable (Terms that may move)", "each belongs to a clause that is switched off",
                         "a term of a clause in force")  # fmt: skip
    low, high = (np.array(ends) for ends in zip(*(_range(result, path, paths) for path in paths), strict=True))
    grid = np.array([(design.declaration(path).step or 0.0) / PARTS_OF_A_STEP for path in paths])
    ordered = tuple((paths.index(a), paths.index(b)) for a, b in _in_order_now(design) if a in paths and b in paths)
    by_ratio = np.array([path == "risk.stop_loss.attachment" for path in paths])
    return Moving(paths, low, high, grid, by_ratio, ordered, design)


def _in_order_now(design: ContractDesign) -> list[tuple[str, str]]:
    """The pairs of terms that the design has in order; shares that rise band by band on purpose are left free."""
    return [(first, second) for first, second in ORDERED if design.value(first) <= design.value(second)]


def _in_force(design: ContractDesign, path: str) -> bool:
    folder = path.rpartition(".")[0]
    return not folder.startswith("risk.") or getattr(design.risk, folder.removeprefix("risk.")).on


def _range(result: ContractResult, path: str, paths: tuple[str, ...]) -> tuple[float, float]:
    """The range of a term: as declared, no further than the drawn years reach, around what it is now."""
    declared, now = result.design.declaration(path), float(result.in_force.value(path))
    low, high = float(declared.low or 0.0), float(1.0 if declared.high is None else declared.high)
    reach = _reach(result, path, low, high)
    low, high = max(low, min(reach[0], now)), min(high, max(reach[1], now))
    for first, second in _in_order_now(result.in_force):  # the other of a pair stays where it is
        if path == first and second not in paths:
            high = min(high, float(result.in_force.value(second)))
        if path == second and first not in paths:
            low = max(low, float(result.in_force.value(first)))
    if path == "risk.sharing.loss_share" and result.in_force.risk.sharing.quality == "gains and losses":
        low = max(low, result.in_force.risk.sharing.least_loss_share)
    return low, max(low, high)


def _reach(result: ContractResult, path: str, low: float, high: float) -> tuple[float, float]:
    """Between which ends the term makes a difference in the drawn years."""
    if path == "risk.stop_loss.attachment":
        rising = result.pool.history.ordered[0] * result.pool.level
        return max(float(rising[int(RARE_PERSON * (len(rising) - 1))]), 1.0), max(result.pool.dearest, 2.0)
    off = float(np.abs(result.outlook_cost.total / result.price.payment - 1).max())
    furthest = max(off, LEAST_ROOM)
    if path == "risk.aggregate_stop_loss.attachment":
        return 1.0, 1.0 + furthest
    return (max(low, -furthest), furthest) if high < 1 or path in OF_THE_PRICE else (low, high)


OF_THE_PRICE = (
    "risk.sharing.gain_cap",
    "risk.sharing.loss_cap",
    "risk.profit_limits.cap",
    "risk.profit_limits.guarantee",
)
