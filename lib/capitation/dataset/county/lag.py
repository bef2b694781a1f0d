"""When a record reaches the data: some months after the care, by the kind of care; all by month 13."""

import numpy as np

from capitation.dataset.county.parameters import LAGS, LAST_LAG, SERVICES

_KINDS = tuple(LAGS)
_COMPLETE = np.array(list(LAGS.values()))
_KIND_OF_SERVICE = np.array([_KINDS.index(service.lag) for service in SERVICES])


def months_late(rng: np.random.Generator, service: np.ndarray) -> np.ndarray:
    """Months from care to record of rows of these services (places in ``SERVICES``): 1 to 13."""
    chance = rng.random(service.size, dtype="float32")
    complete = _COMPLETE[_KIND_OF_SERVICE[service]]
    late = 1 + (chance[:, None] >= complete).sum(axis=1)
    return np.where(late > _COMPLETE.shape[1], _straggling(chance, complete[:, -1]), late)


def _straggling(chance: np.ndarray, complete: np.ndarray) -> np.ndarray:
    """The rest arrive evenly over months 4 to 13."""
    first = _COMPLETE.shape[1] + 1
    place = (chance - complete) / (1 - complete) * (LAST_LAG + 1 - first)
    return np.clip(first + place.astype(int), first, LAST_LAG)
