"""Designs side by side: what each change did, alone and together."""

from dataclasses import dataclass

from capitation.contract import settle
from capitation.dataset import LinkedDataset
from capitation.design import Change, ContractDesign, change, diff
from capitation.errors import InputError
from capitation.headline import Headline, headline


@dataclass(frozen=True)
class Effect:
    """What one change, made alone to the first design, does to the headline; None where it is invalid alone."""

    change: Change
    headline: Headline | None


def one_by_one(dataset: LinkedDataset, before: ContractDesign, after: ContractDesign) -> list[Effect]:
    """Each change between the designs made alone, in the order declared."""
    return [Effect(c, _alone(dataset, before, c)) for c in diff(before, after)]


def _alone(dataset: LinkedDataset, before: ContractDesign, made: Change) -> Headline | None:
    try:
        return headline(settle(dataset, change(before, {made.path: made.after})))
    except InputError:
        return None
