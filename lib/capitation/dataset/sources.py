"""Where data sets come from: the built-in one, a folder of tables, or a database."""

import os
from pathlib import Path

from capitation.dataset.database import public_address, read_database
from capitation.dataset.folder import read_folder
from capitation.dataset.rand_hie import ADDRESS as RAND_HIE
from capitation.dataset.rand_hie import read_rand_hie
from capitation.dataset.raw import Raw
from capitation.errors import InputError


def read(address: str) -> Raw:
    """The tables at an address, staged and not yet judged.

    Raises ``InputError`` when the address leads nowhere.
    """
    if address == RAND_HIE:
        return read_rand_hie()
    if "://" in address:
        return read_database(address)
    folder = Path(address)
    if not _is_folder(folder):
        raise _unknown(address)
    if not os.access(folder, os.X_OK):
        raise InputError("dataset", f"the folder '{address}' can't be read", "leave to read the folder and its files")
    return read_folder(folder)


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # e.g. a name too long, or a place that may not be looked into
        return False


def shown(address: str) -> str:
    """The address as it may be printed: a database's without user, password or host."""
    return public_address(address) if "://" in address else address


def _unknown(address: str) -> InputError:
    expected = f"{RAND_HIE}, a folder with dataset.yaml and its tables, or a database address such as duckdb://file"
    return InputError("dataset", f"'{address}' is no data set and no folder", expected)
