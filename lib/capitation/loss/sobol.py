"""Scrambled Sobol points: evenly spread ones, of which every part of the axes' halves, quarters and so on has its share.

Source: direction numbers of Joe and Kuo, SIAM Journal on Scientific Computing 30 (2008), with their licence in
``joe_kuo.txt``; Matoušek's linear scramble and a digital shift, Journal of Complexity 14 (1998). As
``scipy.stats.qmc.Sobol``, whose import alone takes 23 MB of each open page.
"""

from importlib.resources import files
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats

Bits = NDArray[np.uint32]
BITS = 32
MOST = 1_024  # dimensions for which there are numbers
AT_ONCE = 16  # dimensions: their points stay in the processor's memory


def sobol(dimensions: int, count: int, seed: int) -> Floats:
    """Scrambled Sobol points, shape (dimensions, count), within (0, 1); the same seed gives the same points.

    Raises ValueError unless ``count`` is a power of two, and above 1,024 dimensions.
    """
    if count < 1 or count & (count - 1):
        raise ValueError(f"the number of points is a power of two, not {count}")
    rng = np.random.default_rng([seed, 3])
    direction = scrambled(directions(dimensions, count.bit_length() - 1), rng)
    shift = rng.integers(0, 2**BITS, size=dimensions, dtype=np.uint32)
    found = np.empty((dimensions, count))
    for first in range(0, dimensions, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        np.multiply(net(direction[some], shift[some]), 2.0**-BITS, out=found[some])
        found[some] += 2.0 ** -(BITS + 1)
    return found


def net(direction: Bits, shift: Bits) -> Bits:
    """The 2^k points of k directions, shape (dimensions, 2^k), as shares of 2^32; ``shift`` (dimensions,) is the first.

    ``direction`` has shape (dimensions, k). Each direction doubles the points: those so far, and those turned by it.
    """
    dimensions, doublings = direction.shape
    points = np.empty((dimensions, 2**doublings), dtype=np.uint32)
    points[:, 0] = shift
    for k in range(doublings):
        there = 2**k
        np.bitwise_xor(points[:, :there], direction[:, k, None], out=points[:, there : 2 * there])
    return points


def directions(dimensions: int, doublings: int) -> Bits:
    """The first directions of each dimension, shape (dimensions, doublings), the half as the highest of 32 bits.

    Raises ValueError above 1,024 dimensions.
    """
    if dimensions > MOST:
        raise ValueError(
            f"there are points of up to {MOST:,} dimensions (bins of cost and providers), not {dimensions:,}"
        )
    rows = [[1 << (BITS - 1 - k) for k in range(doublings)]]
    rows += [_recurred(degree, middle, m, doublings) for degree, middle, *m in _joe_kuo(dimensions - 1)]
    return np.array(rows[:dimensions], dtype=np.uint32).reshape(dimensions, doublings)


def _recurred(degree: int, middle: int, m: list[int], doublings: int) -> list[int]:
    """Directions of a dimension from its first ones ``m`` by its polynomial, with the coefficients ``middle`` as bits."""
    v = [first << (BITS - 1 - k) for k, first in enumerate(m)]
    used = [i for i in range(1, degree) if middle >> (degree - 1 - i) & 1]
    for k in range(degree, doublings):
        following = v[k - degree] ^ (v[k - degree] >> degree)
        for i in used:
            following ^= v[k - i]
        v.append(following)
    return v[:doublings]


def _joe_kuo(dimensions: int) -> list[list[int]]:
    """Degree, coefficients and first numbers of so many dimensions, the second one first."""
    with (files("capitation.loss") / "joe_kuo.txt").open(encoding="utf-8") as lines:
        rows = (line for line in lines if not line.startswith("#"))
        return [[int(number) for number in row.split()[1:]] for row in islice(rows, max(dimensions, 0))]


def scrambled(direction: Bits, rng: np.random.Generator) -> Bits:
    """Directions, (dimensions, doublings), with each bit joined at random by those above it: a matrix for each dimension."""
    bit = np.arange(direction.shape[1], dtype=np.uint32)
    noise = rng.integers(0, 2**BITS, size=direction.shape, dtype=np.uint32)
    column = noise >> (bit + 1) | np.uint32(1 << (BITS - 1)) >> bit
    found = np.zeros_like(direction)
    for k in range(direction.shape[1]):
        found ^= (direction >> np.uint32(BITS - 1 - k) & 1) * column[:, k, None]
    return found
