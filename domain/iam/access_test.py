"""A test of access: what principals can or can't do with a repository."""

from dataclasses import dataclass

from domain.iam.concrete_principal import ConcretePrincipal
from domain.problems import Path

ALLOWED, DENIED = "allowed", "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTest:
    """Each of the principals asks for the action in each of the regions; no region means every one."""

    path: Path
    """In the catalog."""
    repository: str
    principals: tuple[ConcretePrincipal, ...]
    action: str
    expect: str
    regions: tuple[str, ...] = ()
