"""A preset put on a data set and a design: the design it makes, and the results that its checks look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from capitation.cases.preset import Preset
from capitation.cases.roles import resolved
from capitation.contract import ContractResult, check_enough_members, settle
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign, change
from capitation.terms import HALF_PENNY, HOLDER, money


@dataclass(frozen=True, eq=False)
class Look:
    """A preset on one data set, on top of the design ``base``, which keeps every term the preset says nothing of."""

    preset: Preset
    dataset: LinkedDataset
    base: ContractDesign

    def terms(self, switches: tuple[str, ...] | None = None) -> dict[str, Any]:
        """Its terms, with these switches on; none given: those that are on as it stands. Raises InputError where data lack it."""
        wanted = self.preset.terms_with(self.preset.on if switches is None else switches)
        return resolved(wanted, self.dataset, self.base, self.preset.name)

    @cached_property
    def design(self) -> ContractDesign:
        """The design that the preset makes as it stands."""
        return change(self.base, self.terms())

    @cached_property
    def result(self) -> ContractResult:
        """Its result, fit to be shown. Raises InputError where the data do not carry it."""
        return self.result_with()

    def result_with(
        self, changes: Mapping[str, Any] | None = None, switches: tuple[str, ...] | None = None
    ) -> ContractResult:
        """The result with other terms or other switches, fit to be shown."""
        design = self.design if switches is None else change(self.base, self.terms(switches))
        found = settle(self.dataset, change(design, changes or {}))
        check_enough_members(found)
        return found

    def money(self, amount: float, signed: bool = False) -> str:
        """An amount in the data set's currency, in words."""
        return money(amount, self.dataset.meta.currency, signed)

    def label(self, provider: str) -> str:
        """A partner's name as people read it."""
        return str(self.dataset.providers["label"].get(provider, provider))


def holder_mean(result: ContractResult) -> float:
    """The holder's expected result in the drawn years, currency."""
    return float(np.mean(result.outlook.result(HOLDER)))


def years_lost(result: ContractResult) -> float:
    """In how many drawn years of 100 the holder loses."""
    return 100 * float(np.mean(result.outlook.result(HOLDER) < -HALF_PENNY))
