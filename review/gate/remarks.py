"""The gate's report as plain data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from domain.problems import Path
from policies.pack.rule import Level
from review.plan.model import Plan

FORMAT_VERSION = 1
ACCESS_TEST = "access-test"
"""The id of a test of access that fails."""


class RemarkKind(StrEnum):
    FINDING = "finding"
    """A violation of a rule, or a test of access that fails."""
    DANGER = "danger"
    """A consequence of the change for deployed resources."""
    UNDECIDED = "undecided"
    """A rule needs a value that is not known before the deployment."""
    EXCEPTED = "excepted"
    """A violation with an exception."""
    UNUSED = "unused"
    """An exception without a violation."""
    ACCESS = "access"
    """Access that the change grants or revokes."""
    CODE = "code"
    """A change of the gate's own code."""
    JUDGE = "judge"
    """A part of the gate that could not run."""


class Judge(StrEnum):
    """The revision whose code, rules, levels and exceptions found it."""

    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One line of the report."""

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
    note: str = ""
    """Why only one of the two judges says so, and what to do about it."""
    earlier: bool = False
    """Whether it is an advisory finding that the base has as well."""

    @property
    def fails(self) -> bool:
        return self.level is Level.MANDATORY and self.kind in _FAILING

    @property
    def key(self) -> tuple[object, ...]:
        """What identifies it among its kind, for either judge."""
        return self.id, self.urn, self.path, self.message

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
    """The project's path in its repository, with a slash at the end; empty at its top, or where it is not known."""
    exceptions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """What the stack's file of levels must say, by rule, so that no rule fails: to be merged before this change."""

    @property
    def against(self) -> str:
        """The base, a commit's id shortened."""
        return re.sub("^([0-9a-f]{12})[0-9a-f]{28}$", r"\1", self.base or "")

    @property
    def failing(self) -> tuple[Remark, ...]:
        return tuple(each for each in self.remarks if each.fails)

    @property
    def failed(self) -> bool:
        return bool(self.failing)

    def of(self, *kinds: RemarkKind) -> tuple[Remark, ...]:
        """Those of a kind that neither fail nor were there before, in order."""
        return tuple(each for each in self.remarks if each.kind in kinds and not each.fails and not each.earlier)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": FORMAT_VERSION,
            "stack": self.stack,
            "base": self.base,
            "failed": self.failed,
            "resources": self.resources,
            "remarks": [asdict(each) for each in self.remarks],
            "exceptions": self.exceptions,
        }


def remarks_from_json(document: Mapping[str, Any]) -> tuple[Remark, ...]:
    """The remarks of another revision's gate; raises ValueError for another version of the form."""
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(f"a report of version {document.get('version')!r}, and this code reads {FORMAT_VERSION}")
    return TypeAdapter(tuple[Remark, ...]).validate_python(document["remarks"])


def merged(head: Iterable[Remark], base: Iterable[Remark]) -> tuple[Remark, ...]:
    """Both judges' remarks, each once; where only the level differs, the stricter one counts."""
    found: dict[tuple[object, ...], Remark] = {}
    for judge, remarks in ((Judge.HEAD, head), (Judge.BASE, base)):
        for remark in remarks:
            before = found.get(key := (remark.kind, *remark.key))
            judges = tuple(dict.fromkeys((*(before.judges if before else ()), judge)))
            level = Level.MANDATORY if before and before.level is Level.MANDATORY else remark.level
            found[key] = replace(before or remark, judges=judges, level=level)
    return tuple(sorted(found.values(), key=_order))


def _order(remark: Remark) -> tuple[bool, bool, str, str, str]:
    return not remark.fails, remark.level is not Level.MANDATORY, remark.id, remark.urn, remark.message
