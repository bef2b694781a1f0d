"""What is planted in a population is found in it: coefficients within their limits, and persistence that shuffling ends."""

import numpy as np
import pandas as pd
import pytest

from capitation.price.need import need_weights
from capitation.price.need_features import NEEDS, PRIOR
from capitation.price.need_judged import judged
from capitation.price.need_models import GLM, TWEEDIE

AGES = (0, 18, 45, 65, 75)
OF_AGE = np.array([-0.5, 0.0, 0.4, 0.9, 1.3])  # of log cost, beside ages 18 to 44
PLANTED = {
    ("sex", "male"): -0.15, ("stroke", "yes"): 0.7, ("asthma", "yes"): 0.35,
    ("age", "0-17"): -0.5, ("age", "45-64"): 0.4, ("age", "65-74"): 0.9, ("age", "75+"): 1.3,
}  # fmt: skip
SEEDS, PEOPLE, YEARS = 60, 4_000, 3
LASTING, SHAPE = 0.6, 0.4  # sd of what makes a person dear in every year, beyond age, sex and needs; chance in a year


def population(
    seed: int, people: int = PEOPLE, sd: float = LASTING, shape: float = SHAPE
) -> tuple[pd.DataFrame, np.ndarray]:
    """Costs log-linear in age band, sex and markers; people stay dear or cheap; cost of the year before is known."""
    draw = np.random.default_rng(seed)
    year = np.repeat(np.arange(YEARS + 1), people)
    everyone = {
        "age": draw.uniform(0, 90, people), "sex": draw.choice(["female", "male"], people, p=[0.52, 0.48]),
        "need:stroke": np.where(draw.random(people) < 0.1, 1.0, np.nan),
        "need:asthma": np.where(draw.random(people) < 0.2, 1.0, np.nan),
    }  # fmt: skip
    members = pd.DataFrame({name: np.tile(column, YEARS + 1) for name, column in everyone.items()})
    members["exposure"] = np.where(draw.random(len(year)) < 0.1, draw.uniform(0.05, 1, len(year)), 1.0)
    lasting = np.tile(draw.normal(-(sd**2) / 2, sd, people), YEARS + 1)
    log_rate = 6 + OF_AGE[np.searchsorted(AGES, members["age"], side="right") - 1] + 0.04 * year + lasting
    log_rate += (
        -0.15 * (members["sex"] == "male") + 0.7 * (members["need:stroke"] == 1) + 0.35 * (members["need:asthma"] == 1)
    )
    cost = members["exposure"] * np.exp(log_rate) * draw.gamma(shape, 1 / shape, len(year))
    before = np.r_[np.zeros(people), cost.to_numpy()[:-people]]
    members = members.assign(person_id=np.tile(np.arange(people), YEARS + 1), year=year, prior_spend=before,
                             prior_known=year > 0)  # fmt: skip
    there = year > 0
    return members[there].reset_index(drop=True), cost.to_numpy()[there]


@pytest.fixture(scope="module", params=[GLM, TWEEDIE])
def found(request):
    """By seed and planted coefficient: the estimate, whether its limits hold what was planted, and its error."""
    rows = []
    for seed in range(SEEDS):
        members, cost = population(seed)
        table = need_weights(members, cost, (1, 2, 3), request.param, NEEDS, AGES).coefficients
        named = table.set_index(["feature", "level"])
        # the reference is the largest group, which chance may choose: bring all to the planted one
        rows += [(name, *_beside(named, name)) for name in PLANTED]
    return pd.DataFrame(rows, columns=["name", "estimate", "error", "holds"])


def _beside(named: pd.DataFrame, name: tuple[str, str]) -> tuple[float, float, bool]:
    row = named.loc[name]
    return row["estimate"], row["error"], bool(row["low"] <= _planted(named, name) <= row["high"])


def _planted(named: pd.DataFrame, name: tuple[str, str]) -> float:
    """What was planted beside the reference of the table."""
    mine = named.loc[name[0]]
    reference = mine.index[mine["error"] == 0][0]
    return PLANTED[name] - PLANTED.get((name[0], str(reference)), 0.0)


def test_the_reference_is_the_group_planted_as_such(found):
    assert (found["error"] > 0).all()


def test_planted_coefficients_lie_within_95_per_cent_limits_about_95_times_in_100(found):
    """420 intervals by model; 0.95 ± 3 standard errors of seeds taken together, and no coefficient by itself below 0.85."""
    share = found.groupby("name")["holds"].mean()
    assert 0.915 <= found["holds"].mean() <= 0.985
    assert share.min() >= 0.85, share


def test_planted_coefficients_are_found_without_bias_and_with_the_right_error(found):
    by = found.groupby("name")
    bias = by["estimate"].mean() - np.array([PLANTED[name] for name in by["estimate"].mean().index])
    chance = by["estimate"].std() / np.sqrt(SEEDS)
    assert (bias.abs() < 3.5 * chance + 0.01).all(), bias
    assert (by["error"].mean() / by["estimate"].std()).between(0.75, 1.3).all()


def test_errors_that_took_rows_for_people_would_be_too_small():
    """A test that the person as the unit matters here: three years of one person are not three people."""
    members, cost = population(1)
    apart = members.assign(person_id=np.arange(len(members)))
    ours, naive = (need_weights(m, cost, (1, 2, 3), GLM, NEEDS, AGES).coefficients for m in (members, apart))
    row = (ours["feature"] == "stroke") & (ours["level"] == "yes")
    assert ours.loc[row, "error"].iloc[0] > 1.1 * naive.loc[row, "error"].iloc[0]


PERSISTENT = {"people": 8_000, "sd": 0.9, "shape": 1.5}


def shuffled(members: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Within each year, the cost of the year before is somebody else's."""
    draw, turned = np.random.default_rng(seed), members.copy()
    for rows in members.groupby("year").indices.values():
        other = draw.permutation(rows)
        turned.loc[rows, ["prior_spend", "prior_known"]] = members.loc[other, ["prior_spend", "prior_known"]].to_numpy()
    return turned.astype({"prior_known": bool, "prior_spend": float})


def prior_use(members: pd.DataFrame, cost: np.ndarray) -> tuple[float, pd.DataFrame]:
    """What prior use adds to R² of the year not seen, and its coefficients."""
    by_need, by_prior = (judged(members, cost, (1, 2), 3, GLM, f, AGES) for f in (NEEDS, PRIOR))
    table = need_weights(members, cost, (1, 2), GLM, PRIOR, AGES).coefficients
    return by_prior.r_squared - by_need.r_squared, table[(table["feature"] == "prior use") & (table["error"] > 0)]


def test_prior_use_tells_who_stays_dear():
    gain, coefficients = zip(*(prior_use(*population(seed, **PERSISTENT)) for seed in range(6)), strict=True)
    assert min(gain) > 0.03
    assert all((table["estimate"] / table["error"]).abs().max() > 4 for table in coefficients)
    assert all(table["estimate"].is_monotonic_increasing for table in coefficients)


def test_shuffling_people_between_years_makes_persistence_vanish():
    gain, held = [], []
    for seed in range(12):
        members, cost = population(seed, **PERSISTENT)
        added, table = prior_use(shuffled(members, seed), cost)
        gain.append(added)
        held += ((table["low"] <= 0) & (table["high"] >= 0)).tolist()
    assert abs(np.mean(gain)) < 0.004
    assert max(gain) < 0.01
    assert np.mean(held) >= 0.85
