"""The capitation workbench: design, price, stress, settle and monitor one capitated care contract."""

from importlib.metadata import version

__version__ = version("capitation")


def open(dataset, design, changes=None, interactive=True, month=None):  # noqa: A001, ANN001, ANN201
    """Placeholder replaced by the workbench."""
    raise NotImplementedError
