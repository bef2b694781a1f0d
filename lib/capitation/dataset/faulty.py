"""How good a data set is that can't be opened: measured all the same, where its rows let it be."""

from datetime import timedelta

from capitation.dataset.checking import check, meta_of
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta, month_name
from capitation.dataset.quality import Quality, quality_of
from capitation.dataset.sources import read
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.dataset.unplaced import covered
from capitation.errors import InputError


def measured(address: str) -> tuple[Meta, Quality, list[Fault]]:
    """What a data set says about itself, its quality with the score that its faults leave, and its faults.

    Values of the wrong type count as empty. Raises ``InputError`` when its rows can't be measured.
    """
    faults = check(address)
    try:
        meta, quality = _quality(address)
    except Exception:  # whatever stops the measuring of faulty rows is told by the first fault, which stops the opening
        raise _no_page(faults) from None
    return meta, quality.held_down_by(faults), faults


def _quality(address: str) -> tuple[Meta, Quality]:
    raw = read(address)
    meta, tables = meta_of(raw), typed_tables(flagged_tables(raw), raw)
    window = covered(meta, tables["spend"])
    months = (month_name(window.start), month_name(window.end - timedelta(days=1)))
    return meta, quality_of(meta, tables, months)


def _no_page(faults: list[Fault]) -> InputError:
    first = next(fault for fault in faults if fault.fatal)
    return InputError(first.where, f"{first.seen()}, so that quality can't be measured and no page is made", first.rule)
