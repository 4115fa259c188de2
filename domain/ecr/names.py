"""Repository names, registry hosts and image references."""

import re
from dataclasses import dataclass

from domain.aws import ACCOUNT_ID_DIGITS, REGIONS, Arn, Partition
from domain.ecr.images import ANY_DIGEST
from domain.ecr.limits import REPOSITORY_NAME_MAX_LENGTH, REPOSITORY_NAME_MIN_LENGTH
from domain.ecr.tags import tag_problems
from domain.problems import Problem

_SEPARATORS = "._-"
_SEPARATOR_RUN = re.compile(r"[._-]+")
_ALLOWED_RUN = re.compile(r"[.]|_|__|-+")
_UPPER_CASE = re.compile(r"[A-Z]")
_ILLEGAL_CHARACTER = re.compile(r"[^A-Za-z0-9._/-]")

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_ECR_HOST = re.compile(
    rf"(?P<account>[0-9]{{{ACCOUNT_ID_DIGITS}}})[.]dkr(?P<style>[.-])ecr(?:-fips)?"
    r"[.](?P<region>[a-z0-9-]+)[.](?P<suffix>[a-z0-9.-]+)"
)
_DUAL_STACK_SUFFIX = "on.aws"


def repository_name_problems(name: str) -> list[Problem]:
    """Every rule of ECR's grammar that the name breaks; no problem means that ECR accepts it."""
    faults = [*_length_faults(name), *_character_faults(name), *_slash_faults(name), *_separator_faults(name)]
    return [Problem((), name, message, fix) for message, fix in faults]


def repository_arn(region: str, account: str, name: str) -> str:
    """The repository's ARN, in its region's partition."""
    return str(Arn(REGIONS[region].id, "ecr", region, account, f"repository/{name}"))


def registry_host(account: str, region: str) -> str:
    """The host that images of a private registry are pushed to and pulled from."""
    return f"{account}.dkr.ecr.{region}.{REGIONS[region].dns_suffix}"


def private_registry(host: str) -> tuple[str, str] | None:
    """Account and region of an ECR private registry (plain, FIPS or dual-stack endpoint), None for another host."""
    match = _ECR_HOST.fullmatch(host.lower())
    if match is None:
        return None
    account, style, region, suffix = match.group("account", "style", "region", "suffix")
    partition = REGIONS.get(region)
    if partition is None:
        return None
    dual_stack = style == "-" and partition is Partition.AWS and suffix == _DUAL_STACK_SUFFIX
    plain = style == "." and suffix == partition.dns_suffix
    return (account, region) if dual_stack or plain else None


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`registry/repository[:tag][@digest]`; the registry is always written out."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """The reference in its parts; ValueError says which part is wrong."""
        name, at, digest = text.partition("@")
        if at and not ANY_DIGEST.fullmatch(digest):
            raise ValueError(f"{text!r}: {digest!r} is no digest; write sha256: and 64 lower-case hexadecimal digits")
        registry, slash, path = name.partition("/")
        if not (slash and _is_host(registry)):
            raise ValueError(f"{text!r} names no registry; begin with its host, such as {_EXAMPLE_HOST}/")
        repository, colon, tag = path.partition(":")
        problems = [*repository_name_problems(repository), *(tag_problems(tag) if colon else ())]
        if problems:
            raise ValueError(f"{text!r}: " + "; ".join(f"{p.value!r} {p.message}, {p.fix}" for p in problems))
        return cls(registry, repository, tag if colon else None, digest if at else None)

    @property
    def private_registry(self) -> tuple[str, str] | None:
        """Account and region when the registry is an ECR private registry."""
        return private_registry(self.registry)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


_EXAMPLE_HOST = registry_host("111122223333", "us-east-1")

_Fault = tuple[str, str]
"""What is wrong, and what to write."""


def _is_host(word: str) -> bool:
    # The first part of `library/nginx` is a path: like every client, only a dot, a port or `localhost` makes a host.
    return bool(_HOST.fullmatch(word)) and (word == "localhost" or "." in word or ":" in word)


def _length_faults(name: str) -> list[_Fault]:
    if len(name) < REPOSITORY_NAME_MIN_LENGTH:
        return [(f"is too short: {len(name)} characters", f"write at least {REPOSITORY_NAME_MIN_LENGTH}")]
    if len(name) > REPOSITORY_NAME_MAX_LENGTH:
        return [(f"is too long: {len(name)} characters", f"write at most {REPOSITORY_NAME_MAX_LENGTH}")]
    return []


def _character_faults(name: str) -> list[_Fault]:
    faults: list[_Fault] = []
    if _UPPER_CASE.search(name):
        faults.append(("has upper-case letters", f"write {name.lower()!r}"))
    if illegal := sorted(set(_ILLEGAL_CHARACTER.findall(name))):
        named = ", ".join(map(repr, illegal))
        faults.append((f"has characters that ECR does not allow: {named}", "use a-z, 0-9, '.', '_', '-' and '/'"))
    return faults


def _slash_faults(name: str) -> list[_Fault]:
    faults: list[_Fault] = []
    if name.startswith("/"):
        faults.append(("starts with a slash", "begin with a letter or digit"))
    if name.endswith("/"):
        faults.append(("ends with a slash", "end with a letter or digit"))
    if "//" in name.strip("/"):
        faults.append(("has an empty path segment: '//'", "write one slash"))
    return faults


def _separator_faults(name: str) -> list[_Fault]:
    faults: list[_Fault] = []
    for segment in filter(None, name.split("/")):
        if segment[0] in _SEPARATORS:
            faults.append((f"has a segment that starts with {segment[0]!r}: {segment!r}", "start it with a-z or 0-9"))
        if segment[-1] in _SEPARATORS:
            faults.append((f"has a segment that ends with {segment[-1]!r}: {segment!r}", "end it with a-z or 0-9"))
        faults += [
            (f"has doubled separators: {run!r} in {segment!r}", "between two words write '.', '_', '__' or hyphens")
            for run in _SEPARATOR_RUN.findall(segment.strip(_SEPARATORS))
            if not _ALLOWED_RUN.fullmatch(run)
        ]
    return faults
