"""Whole years drawn person by person: slow, and hard to get wrong; what the engine is held against."""

import numpy as np

AT_ONCE = 2_000_000  # person-years held at once


def drawn_totals(values, people, years, seed):
    """Sums of ``values``, shape (rows, sums), over ``people`` rows drawn with replacement in each year: (years, sums)."""
    generator, many = np.random.default_rng(seed), max(1, AT_ONCE // people)
    parts = [min(many, years - first) for first in range(0, years, many)]
    return np.concatenate([values[generator.integers(0, len(values), (n, people))].sum(axis=1) for n in parts])
