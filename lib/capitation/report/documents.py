"""The records of a run for other programs: result.json, money_lines.csv, design.yaml, provenance.json."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from capitation.contract import ContractResult
from capitation.design import write_design
from capitation.report.provenance import provenance
from capitation.report.summary import result_document
from capitation.shadow.back_test import BackTest

RESULT, MONEY_LINES, DESIGN, PROVENANCE = "result.json", "money_lines.csv", "design.yaml", "provenance.json"
RECORDS = (RESULT, MONEY_LINES, DESIGN, PROVENANCE)


def write_documents(result: ContractResult, test: BackTest, out: Path | str | None, month: str | None = None,
                    changes: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Write the four records into the folder ``out``; nothing when it is None, as in a notebook that is read.

    Raises InputError when so few people are in that the figures could point at a person.
    """
    if out is None:
        return
    texts = {
        RESULT: result_document(result, test, month).text(),
        MONEY_LINES: money_lines_csv(test.money_lines),
        DESIGN: write_design(result.design),
    }
    facts = provenance(result, month, changes) | {"sha256": {name: _hash(text) for name, text in texts.items()}}
    texts[PROVENANCE] = json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n"
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def money_lines_csv(lines: pd.DataFrame) -> str:
    """The money lines as CSV text with two decimals, written from whole pence."""
    shown = lines.assign(amount=[_decimal(int(pence)) for pence in lines["pence"]]).drop(columns="pence")
    return shown.to_csv(index=False, lineterminator="\n")


def _decimal(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"
