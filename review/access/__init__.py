"""Who may do what to which repository, by the documents of a render."""

from review.access.deciding import Verdict
from review.access.matrix import matrix
from review.access.model import Access, Cell, Kind, Matrix, Principal

__all__ = ["Access", "Cell", "Kind", "Matrix", "Principal", "Verdict", "matrix"]
