"""Small text files that a user hands in, read whole."""

from pathlib import Path

from capitation.errors import InputError


def read_text(path: str | Path, expected: str) -> str:
    """The text of a file in UTF-8. Raises InputError, with what was ``expected``, where it can't be read."""
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path.name, "it is not text in UTF-8", expected) from None
    except OSError as error:
        raise InputError(str(path), f"the file can't be read ({error.strerror})", expected) from None
