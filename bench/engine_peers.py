"""aggregate and gemact on the problem of `bench.engine`, in an interpreter that has them; the last line printed is JSON.

N people, each with a cost with probability 1 - costless, the cost lognormal. VaR99 and mean for several grids; warnings
are printed. Needs no other part of this project.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np

GRIDS = {"aggregate": (16, 18, 20, 22), "gemact": (14, 16, 18, 20, 22)}
REACH = 10.0  # standard deviations above the mean that a grid covers


def with_aggregate(n: int, log2: int, asked: dict) -> dict[str, float]:
    from aggregate import build

    p, top = 1 - asked["costless"], reach(n, asked)
    step = 2.0 ** np.ceil(np.log2(top / 2**log2))
    name = f"agg T{n}x{log2} {n * p} claims sev lognorm {asked['mean']} cv {asked['cv']} binomial {p}"
    start = time.perf_counter()
    found = build(name, bs=step, log2=log2)
    var99 = float(found.q(0.99))
    return row(n, log2, float(found.est_m), var99, time.perf_counter() - start)


def with_gemact(n: int, log2: int, asked: dict) -> dict[str, float]:
    from gemact import Frequency, LossModel, Severity

    spread = float(np.sqrt(np.log1p(asked["cv"] ** 2)))
    scale = asked["mean"] * float(np.exp(-(spread**2) / 2))
    nodes = 2**log2
    start = time.perf_counter()
    model = LossModel(
        frequency=Frequency(dist="binom", par={"n": n, "p": 1 - asked["costless"]}),
        severity=Severity(dist="lognormal", par={"shape": spread, "scale": scale}),
        aggr_loss_dist_method="fft", n_aggr_dist_nodes=nodes, sev_discr_method="localmoments",
        n_sev_discr_nodes=nodes, sev_discr_step=reach(n, asked) / nodes,
    )  # fmt: skip
    var99 = float(np.atleast_1d(model.ppf(0.99))[0])
    return row(n, log2, float(np.atleast_1d(model.mean(use_dist=True))[0]), var99, time.perf_counter() - start)


def reach(n: int, asked: dict) -> float:
    """The amount up to which a grid from nothing must go."""
    p = 1 - asked["costless"]
    second = p * asked["mean"] ** 2 * (1 + asked["cv"] ** 2)
    spread = np.sqrt(n * (second - (p * asked["mean"]) ** 2))
    return float(n * p * asked["mean"] + REACH * spread + 500 * asked["mean"])


def row(n: int, log2: int, mean: float, var99: float, seconds: float) -> dict[str, float]:
    return {"people": n, "log2": log2, "mean": mean, "var99": var99, "seconds": seconds}


def main() -> None:
    asked = json.loads(sys.argv[1])
    ways = {"aggregate": with_aggregate, "gemact": with_gemact}
    found: dict = {"versions": ", ".join(f"{p} {version(p)}" for p in ways)}
    for package, way in ways.items():
        way(1_000, 12, asked)  # its own start is not counted
        found[package] = [way(n, log2, asked) for n in asked["sizes"] for log2 in GRIDS[package]]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
