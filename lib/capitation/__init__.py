"""The capitation workbench: design, price, stress, settle and monitor one capitated care contract."""

import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capitation.workbench.opening import open_workbench as open

__version__ = version("capitation")


def __getattr__(name: str) -> Any:
    """``capitation.open``, imported when first asked for so that the package itself imports at once."""
    if name == "open":
        _stay_small_when_served()
        from capitation.workbench.opening import open_workbench

        return open_workbench
    raise AttributeError(f"module 'capitation' has no attribute {name!r}")


def _stay_small_when_served() -> None:
    """On a served page pandas must not load Arrow, which it takes when it finds it: 50 MB that no page needs."""
    if "CAPITATION_DATASET" in os.environ:
        sys.modules.setdefault("pyarrow", None)  # pyright: ignore[reportArgumentType]
