"""Repository names and registry hosts."""

import re
from collections.abc import Iterator
from itertools import chain

from domain.aws import ACCOUNT_ID_DIGITS, REGIONS, Arn, Partition, RegistryId
from domain.ecr.limits import REPOSITORY_NAME_MAX_LENGTH, REPOSITORY_NAME_MIN_LENGTH
from domain.problems import Problem

_SEPARATORS = "._-"
_SEPARATOR_RUN = re.compile(r"[._-]+")
_ALLOWED_RUN = re.compile(r"[.]|_|__|-+")
_UPPER_CASE = re.compile(r"[A-Z]")
_ILLEGAL_CHARACTER = re.compile(r"[^A-Za-z0-9._/-]")

_ECR_HOST = re.compile(
    rf"(?P<account>[0-9]{{{ACCOUNT_ID_DIGITS}}})[.]dkr(?P<style>[.-])ecr(?:-fips)?"
    r"[.](?P<region>[a-z0-9-]+)[.](?P<suffix>[a-z0-9.-]+)"
)
_DUAL_STACK_SUFFIX = "on.aws"


def repository_name_problems(name: str) -> list[Problem]:
    """Every rule of ECR's grammar that the name breaks; no problem means that ECR accepts it."""
    lower = name.lower()
    instead = lower if lower != name and not any(_faults(lower)) else None
    return [Problem((), name, message, fix, instead=instead) for message, fix in _faults(name)]


def _faults(name: str) -> "_Faults":
    return chain(_length_faults(name), _character_faults(name), _slash_faults(name), _separator_faults(name))


def repository_arn(region: str, account: str, name: str) -> str:
    """The repository's ARN, in its region's partition."""
    return str(Arn(REGIONS[region].id, "ecr", region, account, f"repository/{name}"))


def registry_host(account: str, region: str) -> str:
    """The host that images of a private registry are pushed to and pulled from."""
    return f"{account}.dkr.ecr.{region}.{REGIONS[region].dns_suffix}"


def private_registry(host: str) -> RegistryId | None:
    """The ECR private registry at the host (plain, FIPS or dual-stack endpoint), None for another host."""
    match = _ECR_HOST.fullmatch(host.lower())
    if match is None:
        return None
    account, style, region, suffix = match.group("account", "style", "region", "suffix")
    partition = REGIONS.get(region)
    if partition is None:
        return None
    dual_stack = style == "-" and partition is Partition.AWS and suffix == _DUAL_STACK_SUFFIX
    plain = style == "." and suffix == partition.dns_suffix
    return RegistryId(account=account, region=region) if dual_stack or plain else None


_Faults = Iterator[tuple[str, str]]
"""What is wrong, and what to write."""


def _length_faults(name: str) -> _Faults:
    if len(name) < REPOSITORY_NAME_MIN_LENGTH:
        yield f"is too short: {len(name)} characters", f"write at least {REPOSITORY_NAME_MIN_LENGTH}"
    if len(name) > REPOSITORY_NAME_MAX_LENGTH:
        yield f"is too long: {len(name)} characters", f"write at most {REPOSITORY_NAME_MAX_LENGTH}"


def _character_faults(name: str) -> _Faults:
    if _UPPER_CASE.search(name):
        yield "has upper-case letters", f"write {name.lower()!r}"
    if illegal := sorted(set(_ILLEGAL_CHARACTER.findall(name))):
        named = ", ".join(map(repr, illegal))
        yield f"has characters that ECR does not allow: {named}", "use a-z, 0-9, '.', '_', '-' and '/'"


def _slash_faults(name: str) -> _Faults:
    if name.startswith("/"):
        yield "starts with a slash", "begin with a letter or digit"
    if name.endswith("/"):
        yield "ends with a slash", "end with a letter or digit"
    if "//" in name.strip("/"):
        yield "has an empty path segment: '//'", "write one slash"


def _separator_faults(name: str) -> _Faults:
    for segment in filter(None, name.split("/")):
        if segment[0] in _SEPARATORS:
            yield f"has a segment that starts with {segment[0]!r}: {segment!r}", "start it with a-z or 0-9"
        if segment[-1] in _SEPARATORS:
            yield f"has a segment that ends with {segment[-1]!r}: {segment!r}", "end it with a-z or 0-9"
        for run in _SEPARATOR_RUN.findall(segment.strip(_SEPARATORS)):
            if not _ALLOWED_RUN.fullmatch(run):
                fix = "between two words write '.', '_', '__' or hyphens"
                yield f"has doubled separators: {run!r} in {segment!r}", fix
