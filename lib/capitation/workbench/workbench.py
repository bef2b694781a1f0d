"""The one mutable thing: a data set, the design in force, and what is told when the design changes."""

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from capitation.contract import ContractResult, check_cohort, check_enough_members, result_of, settle
from capitation.dataset import LinkedDataset
from capitation.design import SCENARIOS, Change, ContractDesign, change, diff, read_design, write_design
from capitation.design.tolerances import MOVABLE
from capitation.errors import InputError
from capitation.headline import Headline, headline
from capitation.scope.owners import budget_streams
from capitation.shadow.back_test import BackTest, back_test
from capitation.who_bears.frontier import POINTS
from capitation.who_bears.moving import term_words
from capitation.workbench.contract_views import ContractViews

ONE_GESTURE = 1.0  # seconds between two moves of one control that count as one
NO_GESTURE: tuple[frozenset[str], float] = (frozenset(), 0.0)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}")


class Workbench:
    """A data set and the design that everybody looks at; controls write to it and to nothing else.

    A change that is not valid, or does not fit the data, leaves the last good design in force and raises
    InputError. ``baseline`` is the design as opened; ``saved_in`` the folder of named designs. Of data too large to
    be settled at every move (``at_once`` is False) a change is checked by the cohort's sums only, and what needs the
    whole contract waits until `work_out`.
    """

    def __init__(self, dataset: LinkedDataset, baseline: ContractDesign, start: ContractDesign, saved_in: Path,
                 interactive: bool, at_once: bool = True):  # fmt: skip
        self.dataset, self.baseline, self.interactive, self.saved_in = dataset, baseline, interactive, saved_in
        self.at_once = at_once
        self._worked_out: ContractDesign | None = None
        self.refused: dict[str, Any] = {}
        self._past: list[ContractDesign] = []
        self._last_gesture = NO_GESTURE
        self._listeners: list[Callable[[], None]] = []
        self._contract_views = ContractViews(self._work_out_headline)
        self.serial = 0
        self.at_rest = threading.Event()  # what works beside the page waits while a change is being followed
        self.at_rest.set()
        self._check(start)
        self.design = start

    @property
    def result(self) -> ContractResult:
        """The result of the design in force: settled, or of large data worked out as it is asked for."""
        return settle(self.dataset, self.design) if self.at_once else result_of(self.dataset, self.design)

    def _check(self, design: ContractDesign) -> None:
        if self.at_once:
            check_enough_members(settle(self.dataset, design))
        else:
            check_cohort(result_of(self.dataset, design))

    @property
    def settled(self) -> bool:
        """Whether the whole contract is worked out for the design in force."""
        return self.at_once or self._worked_out == self.design

    def work_out(self) -> None:
        """Settle the design in force and tell everybody. Raises InputError when it can't be shown."""
        check_enough_members(settle(self.dataset, self.design))
        self._worked_out = self.design
        self._tell()

    @property
    def headline(self) -> Headline:
        """The headline figures of the design in force."""
        return headline(self.result)

    def headline_of(self, design: ContractDesign) -> Headline:
        """The headline figures of another design on the same data."""
        return headline(settle(self.dataset, design))

    @property
    def back_test(self) -> BackTest:
        """Every year the data allow, under the design in force."""
        return back_test(self.dataset, self.design)

    @property
    def changes(self) -> list[Change]:
        """What differs from the design as opened."""
        return diff(self.baseline, self.design)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change of the design."""
        self._listeners.append(listener)

    def listen_to_contract(self, listener: Callable[[], None], waits: Callable[[], None] = lambda: None) -> None:
        """The same for what is said of the whole contract, after all else; ``waits`` is called where it comes later."""
        self._contract_views.add(listener, waits)

    def look_ahead(
        self, moves: Callable[[], Iterable[Mapping[str, Any]]], look: Callable[[ContractResult], object]
    ) -> None:
        """Work out what ``look`` asks of each of the reader's next ``moves`` while nothing else is to do; answers are kept."""

        def job(changes: Mapping[str, Any]) -> Callable[[], object]:
            design = self.design
            return lambda: look(settle(self.dataset, change(design, changes)))

        self._contract_views.ahead = lambda: [job(changes) for changes in moves()] if self.at_once else []
        self._contract_views.look_ahead()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
        self._contract_views.follow((self.design.cohort, self.design.scope))

    def _work_out_headline(self) -> None:
        if self.settled:
            _ = self.headline

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change terms by dotted path; values refused earlier in the same part are tried again beside the new ones.

        So that two terms which only fit together can be moved one after the other. A refused value stays in
        ``refused`` until it fits, is taken back with `forget`, or another value of its term is accepted.
        """
        beside = {p: v for p, v in self.refused.items() if p not in changes and _part(p) in set(map(_part, changes))}
        try:
            self._adopt(change(self.design, {**beside, **changes}), frozenset(changes), done=(*beside, *changes))
        except InputError:
            self._set_alone(changes)

    def set_apart(self, changes: Mapping[str, Any]) -> None:
        """`set`, as a step of its own that undo takes back, however soon after another of the same term."""
        self._last_gesture = NO_GESTURE
        try:
            self.set(changes)
        finally:
            self._last_gesture = NO_GESTURE

    def _set_alone(self, changes: Mapping[str, Any]) -> None:
        try:
            self._adopt(change(self.design, changes), frozenset(changes), done=tuple(changes))
        except InputError:
            self.refused.update(changes)
            raise

    def _adopt(self, design: ContractDesign, paths: frozenset[str], done: tuple[str, ...] = ()) -> None:
        self.at_rest.clear()
        try:
            self._adopt_now(design, paths, done)
        finally:
            self.at_rest.set()

    def _adopt_now(self, design: ContractDesign, paths: frozenset[str], done: tuple[str, ...]) -> None:
        self._check(design)
        for path in done:
            self.refused.pop(path, None)
        if design == self.design:
            return
        if not self._is_one_gesture(paths):
            self._past.append(self.design)
        self._put(design)
        self._last_gesture = (paths, time.monotonic())

    def _is_one_gesture(self, paths: frozenset[str]) -> bool:
        """One drag of one control is one step back."""
        before, when = self._last_gesture
        return bool(self._past) and before == paths and time.monotonic() - when < ONE_GESTURE

    def _put(self, design: ContractDesign) -> None:
        before, self.design = self.design, design
        self.serial += 1
        try:
            self._tell()
        except Exception:
            self.design = before
            raise

    def forget(self, path: str) -> None:
        """Take a refused value back."""
        self.refused.pop(path, None)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self.refused.clear()
            self._last_gesture = NO_GESTURE
            self._put(self._past.pop())

    def reset(self, path: str) -> None:
        """Give one term the value it had when the design was opened; a step that undo takes back."""
        self.set_apart({path: _plain(self.baseline, path)})

    @property
    def saved(self) -> list[str]:
        """The names of the designs saved, in order."""
        return sorted(p.stem for p in self.saved_in.glob("*.yaml")) if self.saved_in.is_dir() else []

    def save(self, name: str) -> Path:
        """Keep the design in force under ``name``. Raises InputError when the name can't be used."""
        if not NAME.fullmatch(name) or name == Path(SCENARIOS).stem:
            raise InputError("name", f"{name!r} can't be a name", "1 to 40 letters, figures, spaces, - or _")
        path = self.saved_in / f"{name}.yaml"
        self.saved_in.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.saved_in, prefix=".draft-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(write_design(self.design.model_copy(update={"name": name})))
            os.link(draft, path)  # fails when somebody took the name meanwhile
        except FileExistsError:
            raise InputError("name", f"there is a design {name!r} already", "another name") from None
        finally:
            Path(draft).unlink()
        return path

    def load(self, name: str) -> None:
        """Put a saved design in force; the one before can be had back with undo."""
        if name not in self.saved:
            raise InputError("name", f"there is no design {name!r}", "one of " + (", ".join(self.saved) or "none yet"))
        self.refused.clear()
        self._last_gesture = NO_GESTURE
        self._adopt(read_design(self.saved_in / f"{name}.yaml"), frozenset({f"load {name}"}))

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The names the data set has, for the terms that choose among them."""
        held = self.dataset.held
        return {
            "cohort.localities": list(map(str, held.values("locality"))),
            "cohort.groups": [str(g) for g in held.values("group") if g],
            "cohort.need_marker": ["", *self.dataset.markers],
            "scope.services": list(map(str, self.dataset.services.index)),
            "outlook.shift_from": list(map(str, self.dataset.services.index)),
            "scope.pooled_streams": budget_streams(self.dataset.budgets),
            "scope.outside_providers": list(map(str, self.dataset.providers.index)),
            "payments.block_providers": list(map(str, self.dataset.providers.index)),
            "tolerances.movable": list(MOVABLE),
        }

    def names(self, path: str) -> list[str]:
        """The names that the term at ``path`` chooses among, none where it does not."""
        if path.startswith("payments.partners.") and path.endswith(".localities"):
            return self.choices["cohort.localities"]
        if path.startswith("payments.schemes.") and path.endswith(".partners"):
            return self.choices["payments.block_providers"]
        return self.choices.get(path, [])

    def label(self, path: str, name: str) -> str:
        """A name among the choices of ``path`` as people read it."""
        if path.startswith("payments.schemes."):
            path = "payments.block_providers"
        if path == "tolerances.movable":
            return term_words(self.design, name)
        providers = dict.fromkeys(("payments.block_providers", "scope.outside_providers"), self.dataset.providers)
        services = dict.fromkeys(("scope.services", "outlook.shift_from"), self.dataset.services)
        tables = {**services, **providers}
        return str(tables[path]["label"].get(name, name)) if path in tables else name

    def live(self, view: Callable[[ContractDesign], Any]) -> Any:
        """What ``view`` makes of the design: redrawn on change when interactive, shown once when not.

        ``view`` returns a Picture, text in HTML, or anything with ``_repr_html_``.
        """
        from capitation.workbench.live import live_view, still_view

        return live_view(self, view) if self.interactive else still_view(view(self.design))

    def controls(self, *paths: str) -> Any:
        """Controls of the terms at or under the dotted ``paths``; a table of their values when not interactive."""
        from capitation.workbench.controls import control_panel
        from capitation.workbench.live import Still, terms_table

        return control_panel(self, paths) if self.interactive else Still(terms_table(self, paths))

    def panel(self, step: str) -> Any:
        """One step of the story: question, finding, figures, pictures and controls."""
        from capitation.workbench.panel import step_panel

        return step_panel(self, step)

    def designer(self) -> Any:
        """Which outcome measures tell most of the cohort: proposed on request, worked out now when not interactive."""
        from capitation.workbench.outcomes_card import Designer, still_designer

        return Designer(self).widget if self.interactive else still_designer(self)

    def who_bears(self, points: int = POINTS) -> Any:
        """Who could bear what: a search for terms within each party's tolerance, to be started by its reader; shown at once,
        with about so many ``points``, when nobody is there."""
        from capitation.workbench.who_bears_panel import WhoBears, still_who_bears

        return WhoBears(self).widget if self.interactive else still_who_bears(self, points)

    def own_risk(self) -> Any:
        """Each party's own risk and the stress cases: drawn on request, worked out now when not interactive."""
        from capitation.workbench.own_risk_card import OwnRisk, still_own_risk

        return OwnRisk(self).widget if self.interactive else still_own_risk(self)

    def risk_cards(self) -> Any:
        """Both cards of the risk step, when interactive."""
        from capitation.workbench.own_risk_card import risk_cards

        return risk_cards(self)

    def board(self) -> Any:
        """The whole board: every step on one page and one design."""
        from capitation.workbench.board_page import board_page

        return board_page(self)


def _part(path: str) -> str:
    return path.rpartition(".")[0]


def _plain(design: ContractDesign, path: str) -> Any:
    value = design.value(path)
    return list(value) if isinstance(value, tuple) else value
