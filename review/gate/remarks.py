"""What the gate has to say, as plain data; how it is shown lies elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from domain.problems import Path
from policies.pack.rule import Level
from review.plan import Plan

FORMAT_VERSION = 1


class RemarkKind(StrEnum):
    FINDING = "finding"
    """A rule is broken."""
    DANGER = "danger"
    """What the change does to what stands."""
    UNDECIDED = "undecided"
    """A rule needs a value that nobody knows yet."""
    EXCEPTED = "excepted"
    """A rule is broken, and an exception lets it pass."""
    UNUSED = "unused"
    """An exception that nothing needs."""
    ACCESS = "access"
    """What the change gives to people, or takes from them."""
    CODE = "code"
    """A change of what judges."""
    JUDGE = "judge"
    """What this judgement does not rest on."""


class Judge(StrEnum):
    """Whose code, rules, levels and exceptions say it."""

    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that is said of the change."""

    kind: RemarkKind
    id: str
    level: Level
    message: str
    severity: str = ""
    urn: str = ""
    path: Path = ()
    fix: str = ""
    file: str = ""
    line: int = 0
    judges: tuple[Judge, ...] = (Judge.HEAD,)

    @property
    def fails(self) -> bool:
        return self.level is Level.MANDATORY and self.kind in _FAILING

    @property
    def about(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]


_FAILING = (RemarkKind.FINDING, RemarkKind.DANGER, RemarkKind.JUDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """All remarks on one stack; `plan` is None where there is no base to compare with."""

    stack: str
    resources: int
    remarks: tuple[Remark, ...]
    base: str | None = None
    plan: Plan | None = None
    folder: str = ""
    """Where in its repository the project stands, with a slash behind it; empty at its top, or where it isn't known."""

    @property
    def failing(self) -> tuple[Remark, ...]:
        return tuple(each for each in self.remarks if each.fails)

    @property
    def failed(self) -> bool:
        return bool(self.failing)

    def of(self, *kinds: RemarkKind) -> tuple[Remark, ...]:
        """Those that are for people to read, in order; what fails is not among them."""
        return tuple(each for each in self.remarks if each.kind in kinds and not each.fails)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": FORMAT_VERSION,
            "stack": self.stack,
            "base": self.base,
            "failed": self.failed,
            "resources": self.resources,
            "remarks": [asdict(each) for each in self.remarks],
        }


def remarks_from_json(document: Mapping[str, Any]) -> tuple[Remark, ...]:
    """The remarks that another revision's gate wrote; raises ValueError where it is of no form that this code reads."""
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(f"a report of version {document.get('version')!r}, and this code reads {FORMAT_VERSION}")
    return TypeAdapter(tuple[Remark, ...]).validate_python(document["remarks"])


def merged(head: Iterable[Remark], base: Iterable[Remark]) -> tuple[Remark, ...]:
    """Both judges' remarks, each once; where they differ in the level alone, the stricter one stands."""
    found: dict[tuple[object, ...], Remark] = {}
    for judge, remarks in ((Judge.HEAD, head), (Judge.BASE, base)):
        for remark in remarks:
            key = (remark.kind, remark.id, remark.urn, remark.path, remark.message)
            before = found.get(key)
            judges = (*before.judges, judge) if before else (judge,)
            level = Level.MANDATORY if before and before.level is Level.MANDATORY else remark.level
            found[key] = replace(before or remark, judges=judges, level=level)
    return tuple(sorted(found.values(), key=_order))


def _order(remark: Remark) -> tuple[bool, bool, str, str, str]:
    return not remark.fails, remark.level is not Level.MANDATORY, remark.id, remark.urn, remark.message
