"""What is left of the next pound saved."""

import numpy as np

from capitation.loss.ratio import Floats


def silent_levels(levels: Floats, share: Floats, threshold: float) -> list[tuple[float, float]]:
    """The ranges of ``levels`` (rising) at which less than ``threshold`` of the next pound is kept.

    ``levels`` and ``share`` have one shape, (levels,); a range runs from its first level to its last, both included.
    Source: domain reference, section 5, point 17: stacked clauses can leave so little that nobody gains by saving.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], share < threshold, [False]]).astype(int)))
    return [(float(levels[first]), float(levels[past - 1])) for first, past in edges.reshape(-1, 2)]
