"""How good a data set is: what is filled in, linked, reconciled, costed and settled, and one score with its parts.

Sources: rows 12, 13 and 15 to 17 of the capability table of the domain reference, and its section 2: person-level
cost and what is unallocated make the ledger, the unallocated within 2 %.
"""

from capitation.dataset.quality.assessment import Quality, quality_lines, quality_of

__all__ = ["Quality", "quality_lines", "quality_of"]
