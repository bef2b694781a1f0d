"""The linked data set: schema, sources, check, disclosure control and the synthetic county."""

from capitation.dataset.check import check
from capitation.dataset.county import make_county
from capitation.dataset.faults import Fault
from capitation.dataset.linked import LinkedDataset
from capitation.dataset.meta import Meta
from capitation.dataset.opening import open_dataset

__all__ = ["Fault", "LinkedDataset", "Meta", "check", "make_county", "open_dataset"]
