"""Secrets with the credentials of registries are of the form that a kubelet reads, and hold what lasts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.document_text import SECRET as HIDDEN
from domain.kubernetes.docker_config import DOCKERCFG, DOCKERCFG_TYPE, from_base64, fruitless_entries, registries_in
from domain.kubernetes.objects import DOCKER_CONFIG, DOCKER_CONFIG_TYPE
from domain.problems import Path
from policies.checks.cluster_objects import ClusterObject, declarable, objects_in
from policies.checks.input_values import is_unknown, value_within
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.kubernetes import SECRET

_DATA, _STRING_DATA = "data", "stringData"
_TYPE_FIX = f'set type to {DOCKER_CONFIG_TYPE}, and put {{"auths": …}} under {DOCKER_CONFIG}'
_CLEAR_FIX = "take the credentials from pulumi.Config().require_secret, or make the value a pulumi.Output.secret"
_WHY_NOT_DOCKERCFG = (
    f"whose {DOCKERCFG} has no level `auths`: a kubelet that finds one there has no credentials, and says nothing"
)


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of a secret."""

    path: Path
    key: str | None
    """None where the values are unknown as a whole."""
    value: object
    in_base64: bool

    @property
    def registries(self) -> Mapping[str, Any] | None:
        """Its credentials; None where it has none that can be read."""
        if not isinstance(self.value, str):
            return None
        text = from_base64(self.value) if self.in_base64 else self.value
        return None if text is None else registries_in(text)


def check(resource: CheckedResource, context: RuleContext[Parameters]) -> Results:
    for each in objects_in(resource):
        where = (*each.path, "type")
        kind = value_within(each.value, ("type",))
        if is_unknown(kind):
            yield Undecided(where)
        elif kind == DOCKERCFG_TYPE:
            yield Finding(f"has the type {DOCKERCFG_TYPE}, {_WHY_NOT_DOCKERCFG}", where, _TYPE_FIX)
        elif kind == DOCKER_CONFIG_TYPE or (each.is_patch and kind is None):
            yield from _check_pull_secret(each, shows_secrets=context.shows_secrets)
        else:
            yield from _check_other(each, str(kind or "Opaque"))


def _check_pull_secret(secret: ClusterObject, *, shows_secrets: bool) -> Results:
    written = list(_values(secret))
    if not secret.is_patch and not any(each.key in (DOCKER_CONFIG, None) for each in written):
        yield Finding(f"has no {DOCKER_CONFIG}", (*secret.path, _DATA), _TYPE_FIX)
    for each in written:
        # What is secret counts as given; the engine shows it, and there it is checked.
        if is_unknown(each.value) and each.value != HIDDEN:
            yield Undecided(each.path)
        elif each.key == DOCKERCFG:
            message = f"has a {DOCKERCFG}, which is of another type, {_WHY_NOT_DOCKERCFG}"
            yield Finding(message, each.path, _TYPE_FIX)
        elif each.key == DOCKER_CONFIG and each.value != HIDDEN:
            yield from _check_config(each, shows_secrets=shows_secrets)


def _check_config(written: _Value, *, shows_secrets: bool) -> Results:
    auths = written.registries
    if auths is None:
        message = f"has a {DOCKER_CONFIG} that is not JSON with `auths`: the kubelet finds no credentials"
        yield Finding(message, written.path)
        return
    if auths and not shows_secrets:
        message = "has credentials in the clear: they are in the stack's state and in each plan"
        yield Finding(message, written.path, _CLEAR_FIX)
    for message, fix in fruitless_entries(auths):
        yield Finding(message, written.path, fix)


def _check_other(secret: ClusterObject, kind: str) -> Results:
    """A kubelet reads no credentials from a secret of another type. What is secret counts as given here, too."""
    for each in _values(secret):
        if each.key in (DOCKER_CONFIG, DOCKERCFG) or each.registries is not None:
            message = f"has credentials of registries under {each.key} and the type {kind}, from which no kubelet reads"
            yield Finding(message, each.path, _TYPE_FIX)
        elif is_unknown(each.value) and each.value != HIDDEN:
            yield Undecided(each.path)


def _values(secret: ClusterObject) -> Iterator[_Value]:
    for field in (_DATA, _STRING_DATA):
        held, path = value_within(secret.value, (field,)), (*secret.path, field)
        if isinstance(held, Mapping):
            yield from (_Value((*path, key), key, each, field == _DATA) for key, each in held.items())
        elif is_unknown(held):
            yield _Value(path, None, held, field == _DATA)


RULE = ResourceRule(
    id="k8s-pull-secret",
    title="Pull secrets are of the type that a kubelet reads, encrypted in the state, and hold no token of ECR",
    severity="high",
    risk="In the clear, a registry's credentials are for all who read the stack's state or a plan. In the wrong form "
    "they are none, and a token of Amazon ECR is none after twelve hours: pods stay in ImagePullBackOff.",
    remediation="Declare the credentials of other registries by a namespace's mode static-registry, with tokens that "
    "are secrets of the stack; for Amazon ECR use refreshed-secret, external-secrets or node-role, whose token is in "
    "no declared secret.",
    controls=("NIST SP 800-53 IA-5(7)",),
    parameters=Parameters,
    types=declarable(SECRET),
    check=check,
)
