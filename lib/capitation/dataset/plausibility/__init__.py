"""Faults that no rule catches, because every row by itself is sound: each with what it does to the price."""

from capitation.dataset.plausibility.finding import (
    effect_of_negatives,
    effect_of_shared_pseudonyms,
    findings,
    not_searched,
)

__all__ = ["effect_of_negatives", "effect_of_shared_pseudonyms", "findings", "not_searched"]
