"""Which principals can pull, push, delete and configure which repositories, by the policies of a render."""

from review.access.evaluation import access_matrix
from review.access.matrix import Access, Cell, Grantee, GranteeKind, Matrix
from review.access.partial_evaluation import Permission

__all__ = ["Access", "Cell", "Grantee", "GranteeKind", "Matrix", "Permission", "access_matrix"]
