"""The capitation workbench: design, price, stress, settle and monitor one capitated care contract."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capitation.workbench.opening import open_workbench as open

__version__ = version("capitation")


def __getattr__(name: str) -> Any:
    """``capitation.open``, imported when first asked for so that the package itself imports at once."""
    if name == "open":
        from capitation.workbench.opening import open_workbench

        return open_workbench
    raise AttributeError(f"module 'capitation' has no attribute {name!r}")
