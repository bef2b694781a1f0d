"""The one mutable thing: a data set, the design in force, and what is told when the design changes."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset
from capitation.design import Change, ContractDesign, change, diff, read_design, write_design
from capitation.errors import InputError
from capitation.headline import Headline, headline
from capitation.shadow.back_test import BackTest, back_test

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}")


class Workbench:
    """A data set and the design that everybody looks at; controls write to it and to nothing else.

    A change that is not valid, or does not fit the data, leaves the last good design in force and raises
    InputError. ``baseline`` is the design as opened; ``saved_in`` the folder of named designs.
    """

    def __init__(self, dataset: LinkedDataset, baseline: ContractDesign, start: ContractDesign, saved_in: Path,
                 interactive: bool):  # fmt: skip
        self.dataset, self.baseline, self.interactive, self.saved_in = dataset, baseline, interactive, saved_in
        self._past: list[tuple[frozenset[str], ContractDesign]] = []
        self._rejected: dict[str, Any] = {}
        self._listeners: list[Callable[[], None]] = []
        self.serial = 0
        settle(dataset, start)
        self.design = start

    @property
    def result(self) -> ContractResult:
        """The settlement of the design in force."""
        return settle(self.dataset, self.design)

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

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change terms by dotted path; values refused earlier are tried again beside the new ones.

        So that two terms which only fit together can be moved one after the other.
        """
        together = {**self._rejected, **changes}
        try:
            self._adopt(change(self.design, together), frozenset(changes))
        except InputError:
            self._set_alone(changes)
        else:
            self._rejected.clear()

    def _set_alone(self, changes: Mapping[str, Any]) -> None:
        try:
            self._adopt(change(self.design, changes), frozenset(changes))
        except InputError:
            self._rejected.update(changes)
            raise
        for path in changes:
            self._rejected.pop(path, None)

    def _adopt(self, design: ContractDesign, paths: frozenset[str]) -> None:
        settle(self.dataset, design)
        if design == self.design:
            return
        if not (self._past and self._past[-1][0] == paths):  # one drag of one control is one step back
            self._past.append((paths, self.design))
        self._put(design)

    def _put(self, design: ContractDesign) -> None:
        self.design = design
        self.serial += 1
        for listener in self._listeners:
            listener()

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self._rejected.clear()
            self._put(self._past.pop()[1])

    def reset(self, path: str) -> None:
        """Give one term the value it had when the design was opened."""
        self._rejected.pop(path, None)
        self.set({path: _plain(self.baseline, path)})

    @property
    def saved(self) -> list[str]:
        """The names of the designs saved, in order."""
        return sorted(p.stem for p in self.saved_in.glob("*.yaml")) if self.saved_in.is_dir() else []

    def save(self, name: str) -> Path:
        """Keep the design in force under ``name``. Raises InputError when the name can't be used."""
        if not NAME.fullmatch(name):
            raise InputError("name", f"{name!r} can't be a name", "1 to 40 letters, figures, spaces, - or _")
        path = self.saved_in / f"{name}.yaml"
        if path.exists():
            raise InputError("name", f"there is a design {name!r} already", "another name")
        self.saved_in.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(write_design(self.design.model_copy(update={"name": name})), encoding="utf-8")
        unfinished.rename(path)
        return path

    def load(self, name: str) -> None:
        """Put a saved design in force; the one before can be had back with undo."""
        if name not in self.saved:
            raise InputError("name", f"there is no design {name!r}", "one of " + (", ".join(self.saved) or "none yet"))
        self._rejected.clear()
        self._adopt(read_design(self.saved_in / f"{name}.yaml"), frozenset({f"load {name}"}))

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The names the data set has, for the terms that choose among them."""
        people = self.dataset.person_years
        return {
            "cohort.localities": sorted(map(str, people["locality"].unique())),
            "cohort.groups": sorted(str(g) for g in people["group"].unique() if g),
            "cohort.need_marker": ["", *(c.removeprefix("need:") for c in people.columns if c.startswith("need:"))],
            "scope.services": list(map(str, self.dataset.services.index)),
            "payments.block_providers": list(map(str, self.dataset.providers.index)),
        }

    def label(self, path: str, name: str) -> str:
        """A name among the choices of ``path`` as people read it."""
        tables = {"scope.services": self.dataset.services, "payments.block_providers": self.dataset.providers}
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

    def board(self) -> Any:
        """The whole board: every step on one page and one design."""
        from capitation.workbench.board_page import board_page

        return board_page(self)


def _plain(design: ContractDesign, path: str) -> Any:
    value = design.value(path)
    return list(value) if isinstance(value, tuple) else value
