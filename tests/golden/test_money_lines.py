"""The baseline on the real data, to the penny, year by year, and its headline.

When a change of results is meant: ``pytest tests/golden --remake-golden``, read the difference in git, and put it
first in the changelog.
"""

import csv
import dataclasses
import io
from pathlib import Path

import pandas as pd
import pytest

from capitation.contract import settle
from capitation.headline import headline
from capitation.loss.simulation_error import Estimate
from capitation.shadow.back_test import back_test

HERE = Path(__file__).parent
MONEY_LINES, HEADLINE = HERE / "baseline_rand_hie_money_lines.csv", HERE / "baseline_rand_hie_headline.csv"


def money_lines(rand_hie, baseline) -> str:
    lines = back_test(rand_hie, baseline).money_lines
    amounts = [f"{'-' if p < 0 else ''}{abs(p) // 100}.{abs(p) % 100:02d}" for p in lines["pence"]]
    return lines.drop(columns="pence").assign(amount=amounts).to_csv(index=False, lineterminator="\n")


def headline_figures(rand_hie, baseline) -> str:
    found, text = headline(settle(rand_hie, baseline)), io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["figure", "value", "low", "high"])
    for name, figure in ((f.name, getattr(found, f.name)) for f in dataclasses.fields(found)):
        values = dataclasses.astuple(figure) if isinstance(figure, Estimate) else (figure,)
        rows.writerow([name, *(f"{v:.4f}" for v in values), *[""] * (3 - len(values))])
    return text.getvalue()


@pytest.mark.parametrize(("file", "make"), [(MONEY_LINES, money_lines), (HEADLINE, headline_figures)])
def test_the_baseline_gives_the_figures_on_file(rand_hie, baseline, remake_golden, file, make):
    if remake_golden:
        file.write_text(make(rand_hie, baseline), encoding="utf-8")
    assert make(rand_hie, baseline) == file.read_text(encoding="utf-8")


def test_the_figures_on_file_sum_to_zero_in_every_line():
    lines = pd.read_csv(MONEY_LINES, dtype={"amount": str})
    pence = lines["amount"].str.replace(".", "", regex=False).astype(int)
    assert (pence.groupby([lines["year"], lines["step"], lines["line"]]).sum() == 0).all()
    assert list(lines.columns) == ["year", "step", "line", "party", "amount"]
    assert sorted(lines["year"].unique()) == [2, 3, 4, 5]
