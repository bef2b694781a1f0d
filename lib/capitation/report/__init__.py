"""The monthly report: the notebook run on new data, one HTML page, and records for other programs."""

from capitation.report.documents import RECORDS, write_documents
from capitation.report.provenance import provenance
from capitation.report.summary import result_document

__all__ = ["RECORDS", "provenance", "result_document", "write_documents"]
