"""A curve through points that rises wherever they do.

Source: slopes of Fritsch and Butland, SIAM Journal on Scientific and Statistical Computing 5 (1984), and at the ends of
Moler, Numerical Computing with MATLAB (2004), section 3.6. As ``scipy.interpolate.PchipInterpolator``, whose import
alone takes some 10 MB of each open page.
"""

import numpy as np

from capitation.loss.ratio import Floats


def rising_curve(x: Floats, y: Floats, at: Floats) -> Floats:
    """The cubic between the points (x, y), both (points,), one or more that rise strictly; shape as ``at``.

    Beyond the ends the cubics next to them go on.
    """
    if len(x) == 1:
        return np.full(np.shape(at), float(y[0]))
    width, rise = np.diff(x), np.diff(y)
    slope = _slopes(width, rise / width)
    place = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(width) - 1)
    past, secant = at - x[place], (rise / width)[place]
    bend = (3 * secant - 2 * slope[place] - slope[place + 1]) / width[place]
    twist = (slope[place] + slope[place + 1] - 2 * secant) / width[place] ** 2
    return y[place] + past * (slope[place] + past * (bend + past * twist))


def _slopes(width: Floats, secant: Floats) -> Floats:
    """Slopes at the points, (points,): weighted harmonic means of the secants on either side, both (points - 1,)."""
    if len(width) == 1:
        return np.repeat(secant, 2)
    before, after = width[:-1] + 2 * width[1:], 2 * width[:-1] + width[1:]
    inside = (before + after) / (before / secant[:-1] + after / secant[1:])
    return np.concatenate([[_at_end(width[:2], secant[:2])], inside, [_at_end(width[:-3:-1], secant[:-3:-1])]])


def _at_end(width: Floats, secant: Floats) -> float:
    """The slope at the end by the parabola through it and the two points next to it, the nearest first; not below 0."""
    return max(((2 * width[0] + width[1]) * secant[0] - width[0] * secant[1]) / width.sum(), 0.0)
