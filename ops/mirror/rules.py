"""The file of a mirror: which repositories and tags are copied where."""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError, model_validator

from domain.model_problems import invalid_value, problems_of
from domain.problems import Problem
from domain.semantic_versions import VersionRange
from oci.reference import InvalidReference, Reference
from settings import InvalidSettings
from settings.files.source import Reporter, read
from settings.written.fields import Model, checked

ANY = "*"
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")
_WAIT = re.compile(r"([1-9][0-9]*)(s|m|h)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_PAGE = "docs/copying.md"


def _place_problems(text: str) -> list[Problem]:
    """HOST/REPOSITORY, where one `*` at the end stands for any rest of the name."""
    fix = "write HOST/REPOSITORY, or HOST/PREFIX/* for all of a registry's under the prefix"
    if text.count(ANY) > 1 or (ANY in text and not text.endswith(f"/{ANY}")):
        return [Problem((), text, f"has a {ANY} elsewhere than at its end", fix)]
    try:
        found = Reference.parse(text.replace(ANY, "any"))
    except InvalidReference as invalid:
        return [Problem((), text, invalid.message.replace("any", ANY), invalid.fix)]
    if found.image is not None:
        return [Problem((), text, "names an image", f"{fix}; its tags go under `tags`")]
    return []


def _range_problems(text: str) -> list[Problem]:
    fix = "write it as npm does: '>=1.2 <2', '^1.4', '~1.4.2', '1.x', with || between several"
    return [] if VersionRange.parse(text) else [Problem((), text, "is not a range of versions", fix)]


def _platform_problems(text: str) -> list[Problem]:
    sound = _PLATFORM.fullmatch(text)
    return [] if sound else [Problem((), text, "is not a platform", "write OS/ARCHITECTURE, such as linux/arm64")]


def _wait_problems(text: str) -> list[Problem]:
    return [] if _WAIT.fullmatch(text) else [Problem((), text, "is not a time", "write 30s, 15m or 2h")]


PlaceText = Annotated[StrictStr, checked(_place_problems)]


class MirrorRule(Model):
    """Repositories of one registry, the tags of them that are copied, and where to."""

    source: PlaceText = Field(description="`ghcr.io/acme/app`, or `registry.acme.example/team/*`: all under the prefix")
    destination: PlaceText = Field(description="where to; with a `*` in the source it has one, too")
    tags: tuple[StrictStr, ...] = Field((ANY,), description="patterns, of which one matches; after a `!` none does")
    versions: Annotated[StrictStr, checked(_range_problems)] | None = Field(
        None, description="of tags that are semantic versions, those in the range: `>=1.2 <2`"
    )
    newest: StrictInt | None = Field(None, ge=1, description="of versions, the newest N alone")
    platforms: tuple[Annotated[StrictStr, checked(_platform_problems)], ...] = Field(
        (), description="of an index these images alone, which changes its digest: `[linux/amd64]`"
    )
    referrers: StrictBool = Field(default=True, description="whether signatures and the like come along")
    move: StrictBool = Field(
        default=False, description="whether a tag moves that names another image, which is kept under a tag of its own"
    )

    @model_validator(mode="after")
    def _alike(self) -> "MirrorRule":
        if self.source.endswith(ANY) is not self.destination.endswith(ANY):
            raise invalid_value(f"has a {ANY} in one of source and destination", f"end both with /{ANY}, or neither")
        return self

    def selects(self, tag: str) -> bool:
        """By the patterns."""
        wanted = [each for each in self.tags if not each.startswith("!")] or [ANY]
        return any(fnmatchcase(tag, each) for each in wanted) and not any(
            fnmatchcase(tag, each[1:]) for each in self.tags if each.startswith("!")
        )

    def target_of(self, repository: str) -> Reference:
        """Where a repository of the source goes."""
        target = Reference.parse(self.destination.replace(ANY, "any"))
        if not self.destination.endswith(ANY):
            return target
        prefix = target.repository.removesuffix("any")
        rest = repository.removeprefix(Reference.parse(self.source.replace(ANY, "any")).repository.removesuffix("any"))
        return Reference(host=target.host, repository=f"{prefix}{rest}")


class MirrorFile(Model):
    """All rules, and how much at once."""

    rules: tuple[MirrorRule, ...] = Field(min_length=1, description="each with a source and a destination")
    parallel: StrictInt = Field(4, ge=1, le=32, description="images that are copied at the same time")
    keep_pulls: StrictInt = Field(
        10, ge=0, description="pulls of a registry's limit that are left to others: below it a run waits"
    )
    wait: Annotated[StrictStr, checked(_wait_problems)] = Field("15m", description="how long, before it looks again")

    @property
    def wait_seconds(self) -> int:
        found = _WAIT.fullmatch(self.wait)
        return int(found[1]) * _UNITS[found[2]] if found else 0


def read_rules(file: Path) -> MirrorFile:
    """The rules; raises InvalidSettings with every fault of the file."""
    source, faults = read(file, str(file))
    if source is None:
        raise InvalidSettings(faults)
    try:
        found = MirrorFile.model_validate(source.value)
    except ValidationError as invalid:
        found = None
        Reporter(str(file), source, faults)(*problems_of(MirrorFile, invalid.errors(include_url=False), _PAGE))
    if faults or found is None:
        raise InvalidSettings(faults)
    return found
