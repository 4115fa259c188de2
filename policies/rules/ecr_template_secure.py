"""What Amazon ECR makes by itself is as secure as what is declared.

A repository that comes from a template is in no stack: no other rule ever sees it. The template's repository policy is
judged by ecr-policy-not-public and ecr-policy-least-privilege, which read both."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from domain.aws import Arn
from domain.ecr.creation_templates import Occasion
from policies.checks.encryption_keys import customer_keys, wants_kms, without_customer_key
from policies.checks.input_values import entries, is_unknown
from policies.checks.lifecycle_policies import SoundLifecycle, archives_unpulled, unsound
from policies.checks.tag_mutability import MutableTags, movable_tags
from policies.checks.tagging import RequiredTags, missing_tags
from policies.pack.rule import Finding, Given, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.ecr import CREATION_TEMPLATE

_OCCASIONS, _LIFECYCLE, _TAGS, _ROLE = "appliedFors", "lifecyclePolicy", "resourceTags", "customRoleArn"
_KNOWN = tuple(each.value for each in Occasion)


class SecureTemplate(MutableTags, SoundLifecycle, RequiredTags):
    mutable_caches: bool = Field(
        default=True,
        description="whether tags may move in what is made for PULL_THROUGH_CACHE alone: an immutable one is never"
        " refreshed from its upstream",
    )
    cached_protected_tags: tuple[str, ...] = Field(
        (),
        description="in place of protected_tags for what is made for PULL_THROUGH_CACHE alone: the upstream keeps"
        " the images",
    )
    create_on_push: bool = Field(
        default=False, description="whether a push may make a repository: whoever may push then chooses its name"
    )


def check(resource: Resource, given: Given[SecureTemplate]) -> Iterator[Verdict]:
    inputs, parameters = resource.inputs, given.parameters
    occasions = entries(inputs.get(_OCCASIONS))
    yield from _occasions(occasions, create_on_push=parameters.create_on_push)
    # What the template is for may be unknown: then nothing is held against it that a cache may do.
    cache = all(each == Occasion.PULL_THROUGH_CACHE.value or is_unknown(each) for each in occasions)
    if not (cache and parameters.mutable_caches):
        yield from movable_tags(inputs, parameters.allowed_exclusions)
    yield from _key(inputs, resource.region)
    protected = parameters.cached_protected_tags if cache else parameters.protected_tags
    yield from _lifecycle(inputs, protected, parameters.minimum_kept, occasions)
    yield from missing_tags(inputs, _TAGS, parameters.tags)
    yield from _role(inputs)


def _occasions(occasions: Sequence[object], *, create_on_push: bool) -> Iterator[Verdict]:
    if not occasions:
        yield Finding(f"is for nothing: {_OCCASIONS} is empty", (_OCCASIONS,))
    for index, occasion in enumerate(occasions):
        if is_unknown(occasion):
            yield Undecided((_OCCASIONS,))
        elif occasion not in _KNOWN:
            yield Finding(f"is for {occasion!r}, which ECR does not know: known are {', '.join(_KNOWN)}", (_OCCASIONS,))
        elif occasion == Occasion.CREATE_ON_PUSH.value and not create_on_push:
            yield Finding("lets whoever may push make repositories, by any name under its prefix", (_OCCASIONS, index))


def _key(inputs: Mapping[str, Any], region: str | None) -> Iterator[Verdict]:
    yield from without_customer_key(inputs)
    for path, key in customer_keys(inputs):
        arn = Arn.parse(key)
        if arn is None or arn.service != "kms" or not arn.resource.startswith("key/"):
            yield Finding(f"names its key by no ARN of a key, which ECR refuses in a template: {key}", path)
        elif region is None or is_unknown(region):
            yield Undecided(("region",))
        elif arn.region != region:
            yield Finding(f"is of {region}, and its key of {arn.region}: ECR takes a key of the region alone", path)


def _lifecycle(
    inputs: Mapping[str, Any], protected: tuple[str, ...], minimum_kept: int, occasions: Sequence[object]
) -> Iterator[Verdict]:
    if not inputs.get(_LIFECYCLE):
        yield Finding("has no lifecycle policy: what it makes keeps every image", (_LIFECYCLE,))
        return
    found = list(unsound(inputs, _LIFECYCLE, protected, minimum_kept))
    yield from found
    if Occasion.REPLICATION.value in occasions and not any(isinstance(each, Undecided) for each in found):
        yield from archives_unpulled(inputs, _LIFECYCLE)


def _role(inputs: Mapping[str, Any]) -> Iterator[Verdict]:
    role = inputs.get(_ROLE)
    if is_unknown(role):
        return
    if not role:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html
        if inputs.get(_TAGS) or wants_kms(inputs):
            yield Finding("has no custom role, without which ECR gives neither tags nor a KMS key", (_ROLE,))
        return
    arn = Arn.parse(role) if isinstance(role, str) else None
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        yield Finding(f"has a custom role that is no role's ARN, but {role!r}", (_ROLE,))


RULE = ResourceRule(
    id="ecr-template-secure",
    title="Creation templates make repositories as secure as the declared ones",
    severity=Severity.HIGH,
    risk="What ECR makes by itself is in no stack: mutable, without a key of the company's, or kept for ever, it stays "
    "so, and no rule sees it again. Encryption can't be changed afterwards.",
    remediation="Give the template what a repository has: immutable tags, a key by its ARN in the template's region, a "
    "lifecycle policy, the tags, and the role that ECR needs for them. Leave CREATE_ON_PUSH out, and declare the "
    "repository.",
    controls=("Security Hub ECR.2", "Security Hub ECR.3", "Security Hub ECR.5"),
    parameters=SecureTemplate,
    types=(CREATION_TEMPLATE,),
    check=check,
)
