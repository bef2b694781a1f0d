"""The p % rule in sentences with money: what is mostly one person's is not told, however many others there are."""

from collections.abc import Callable

import pytest

from capitation.dataset import LinkedDataset
from capitation.dataset.plausibility import price_error
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect

MANY, DEAR = 20, 999_000.0


def with_one_dear(by_hand: Callable[..., LinkedDataset], dear: float) -> LinkedDataset:
    numbers = range(1, MANY + 1)
    people = [(f"P{n}", 1950, "female", "North", "", "", "") for n in numbers]
    spend = [(f"P{n}", 2013, "primary", "surgery", dear if n == 1 else 100.0) for n in numbers]
    return by_hand(people=people, spend=spend, needs=[], outcomes=[])


@pytest.mark.parametrize(("dear", "told"), [(DEAR, False), (150.0, True)])
def test_an_effect_that_is_mostly_one_persons_is_hidden(
    dear: float, told: bool, by_hand: Callable[..., LinkedDataset]
) -> None:
    made = with_one_dear(by_hand, dear)
    evidence = Evidence(made.meta, made.tables)
    assert bool(effect(evidence, evidence.years, dear / 2, of=evidence.spend).words) is told
    assert bool(effect(evidence, evidence.years, 1.0).words) is told
    assert made.spend_may_be_shown is told


def test_a_wrong_price_of_one_dear_person_is_told_without_shares(
    county: LinkedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = Evidence(county.meta, county.tables)
    row = {"year": 2016, "service": "gp", "recorded": 110.0, "costed": 100.0, "difference": 0.1, "settled_share": -0.09}
    said = price_error._fault(evidence, row)[1].what
    assert "10.0" in said
    monkeypatch.setattr(Evidence, "may_show", lambda *_: False)
    effect_told, fault = price_error._fault(Evidence(county.meta, county.tables), row)
    assert fault.what == "gp in 2016/17 is above units × unit cost and above the ledger"
    assert effect_told.words == ""
