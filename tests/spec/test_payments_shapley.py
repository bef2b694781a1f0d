"""The Shapley value against published games and a saving worked by hand."""

from fractions import Fraction

import pytest

from capitation.errors import InputError
from capitation.payments.shapley import coalitions, listed, of_schemes, shapley


def one(*parties):
    return frozenset(parties)


def test_glove_game():
    """One party holds a right-hand glove, two a left-hand one; a pair is worth 1. Published value: 2/3, 1/6, 1/6."""
    pair = lambda s: float("right" in s and len(s) > 1)  # noqa: E731
    assert shapley(["left", "other left", "right"], pair) == {
        "left": Fraction(1, 6),
        "other left": Fraction(1, 6),
        "right": Fraction(2, 3),
    }


def test_airport_game():
    """Littlechild and Owen (1973): a runway for the longest user, costs 8, 11, 13, 18. Published value: 2, 3, 4, 9."""
    lengths = {"A": 8, "B": 11, "C": 13, "D": 18}
    runway = lambda s: float(max((lengths[p] for p in s), default=0))  # noqa: E731
    assert shapley(list(lengths), runway) == {"A": 2, "B": 3, "C": 4, "D": 9}


def test_three_partners_by_hand():
    """Alone the hospital saves 60, the practice 30 and the charity nothing; it adds 30 wherever the practice is in.

    The charity joins first in two of the six orders (adds 0), after the hospital alone in one (0), after the practice
    alone in one (60 - 30), last in two (120 - 90): 90 / 6 = 15.
    """
    saved = listed({one("hospital"): 60, one("practice"): 30, one("charity"): 0, one("hospital", "practice"): 90,
                    one("hospital", "charity"): 60, one("practice", "charity"): 60,
                    one("hospital", "practice", "charity"): 120})  # fmt: skip
    assert shapley(["hospital", "practice", "charity"], saved) == {"hospital": 60, "practice": 45, "charity": 15}


def test_a_scheme_is_shared_equally_by_those_without_whom_it_fails():
    schemes = [(one("hospital"), 100.0), (one("hospital", "charity"), 60.0), (one("hospital", "charity", "gp"), 90.0)]
    # hospital 100 + 30 + 30, charity 30 + 30, practice 30
    value = shapley(["gp", "charity", "hospital"], of_schemes(schemes))
    assert value == {"gp": 30, "charity": 60, "hospital": 160}


def test_a_scheme_saves_nothing_until_all_that_it_needs_are_in():
    saved = of_schemes([(one("hospital"), 100.0), (one("hospital", "charity"), 60.0)])
    assert [saved(one(*s)) for s in ((), ("charity",), ("hospital",), ("hospital", "charity"))] == [0, 0, 100, 160]


def test_where_savings_only_add_up_each_keeps_its_own():
    alone = of_schemes([(one("a"), 7.0), (one("b"), 5.0)])
    assert shapley(["a", "b"], alone) == {"a": 7, "b": 5}


def test_ten_parties_have_1024_coalitions():
    ten = [str(i) for i in range(10)]
    assert len(set(coalitions(ten))) == 1_024
    assert sum(shapley(ten, lambda s: float(len(s) ** 2)).values()) == 100


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: shapley([], len), "Shapley: 0 parties; expected from 1 to 10"),
        (lambda: shapley([str(i) for i in range(11)], len), "Shapley: 11 parties; expected from 1 to 10"),
        (lambda: shapley(["a", "a"], len), "Shapley: a party is named twice; expected each party once"),
        (lambda: shapley(["a"], lambda s: 3.0), "Shapley: nobody saves 3; expected 0"),  # noqa: ARG005
        (lambda: shapley(["b", "a"], listed({one("a"): 1.0, one("b"): 1.0})),
         "Shapley: no saving for a with b; expected one for every coalition"),
    ],
)  # fmt: skip
def test_a_game_that_cannot_be_valued_is_refused(wrong, said):
    with pytest.raises(InputError) as refused:
        wrong()
    assert str(refused.value) == said
