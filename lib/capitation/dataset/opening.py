"""Open a data set: read it, refuse it at the first fatal fault, link it."""

from dataclasses import replace

from capitation.dataset.checking import faults_of, meta_of
from capitation.dataset.faults import Fault
from capitation.dataset.linked import linked
from capitation.dataset.linked_dataset import LinkedDataset
from capitation.dataset.sources import read, shown
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.errors import InputError


def open_dataset(address: str) -> LinkedDataset:
    """Open ``rand-hie``, a folder of Parquet or CSV tables, or a database address.

    Raises ``InputError`` with the first fatal fault and the number of others, or when a database stops answering.
    """
    raw = read(address)
    flagged = flagged_tables(raw)
    fatal = [fault for fault in faults_of(raw, flagged) if fault.fatal]
    if fatal:
        raise _refusal(fatal, address)
    return replace(linked(meta_of(raw), typed_tables(flagged, raw)), beside=raw.beside)


def _refusal(fatal: list[Fault], address: str) -> InputError:
    others = len(fatal) - 1
    return fatal[0].error(f" (and {others} more: capitation dataset check {shown(address)})" if others else "")
