"""``python -m capitation.board NOTEBOOK [PORT] [TOKEN]``: show one notebook as a page."""

import sys
from pathlib import Path

from capitation.board.server import serve
from capitation.errors import InputError


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C; 2 with one line when the input is wrong."""
    if not arguments:
        print("board: no notebook named; expected NOTEBOOK [PORT] [TOKEN]", file=sys.stderr)
        return 2
    notebook, *rest = arguments
    try:
        serve(Path(notebook), int(rest[0]) if rest else 8866, rest[1] if rest[1:] else None, open_browser=False)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
