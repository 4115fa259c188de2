"""Repositories that Amazon ECR creates from a template are as secure as declared ones.

They are in no stack, so no other rule checks them. The template's repository policy is checked by
ecr-policy-not-public and ecr-policy-least-privilege."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from domain.aws import Arn
from domain.ecr.creation_templates import Occasion
from policies.checks.encryption_keys import check_customer_key, known_customer_keys, uses_kms
from policies.checks.input_values import as_list, is_unknown
from policies.checks.lifecycle_policies import LifecycleParameters, check_lifecycle_policy, check_standby_lifecycle
from policies.checks.resource_tagging import RequiredTagsParameters, check_required_tags
from policies.checks.tag_mutability import MutabilityParameters, check_tag_mutability
from policies.pack.rule import CheckedResource, Finding, ResourceRule, Results, RuleContext, Undecided
from resources.ecr import CREATION_TEMPLATE

_OCCASIONS, _LIFECYCLE, _TAGS, _ROLE = "appliedFors", "lifecyclePolicy", "resourceTags", "customRoleArn"
_KNOWN = tuple(each.value for each in Occasion)


class TemplateParameters(MutabilityParameters, LifecycleParameters, RequiredTagsParameters):
    mutable_caches: bool = Field(
        default=True,
        description="whether tags may be mutable in a template for PULL_THROUGH_CACHE only: ECR never updates an"
        " immutable tag from its upstream",
    )
    cached_protected_tags: tuple[str, ...] = Field(
        (), description="protected_tags for a template for PULL_THROUGH_CACHE only, whose images the upstream keeps"
    )
    create_on_push: bool = Field(
        default=False, description="whether a push may create a repository, under a name of the publisher's choice"
    )


def check(resource: CheckedResource, context: RuleContext[TemplateParameters]) -> Results:
    inputs, parameters = resource.inputs, context.parameters
    occasions = as_list(inputs.get(_OCCASIONS))
    yield from _check_occasions(occasions, create_on_push=parameters.create_on_push)
    # An unknown occasion may be the cache: what a cache may have is then no finding.
    cache = all(each == Occasion.PULL_THROUGH_CACHE.value or is_unknown(each) for each in occasions)
    if not (cache and parameters.mutable_caches):
        yield from check_tag_mutability(inputs, parameters.allowed_exclusions)
    yield from _check_key(inputs, resource.region)
    protected = parameters.cached_protected_tags if cache else parameters.protected_tags
    yield from _check_lifecycle(inputs, protected, parameters.minimum_kept, occasions)
    yield from check_required_tags(inputs, _TAGS, parameters.tags)
    yield from _check_role(inputs)


def _check_occasions(occasions: Sequence[object], *, create_on_push: bool) -> Results:
    if not occasions:
        yield Finding(f"is never used: {_OCCASIONS} is empty", (_OCCASIONS,))
    for index, occasion in enumerate(occasions):
        if is_unknown(occasion):
            yield Undecided((_OCCASIONS,))
        elif occasion not in _KNOWN:
            yield Finding(f"has {occasion!r} in {_OCCASIONS}: valid are {', '.join(_KNOWN)}", (_OCCASIONS,))
        elif occasion == Occasion.CREATE_ON_PUSH.value and not create_on_push:
            yield Finding(
                "allows publishers to create repositories, with any name under its prefix", (_OCCASIONS, index)
            )


def _check_key(inputs: Mapping[str, Any], region: str | None) -> Results:
    yield from check_customer_key(inputs)
    for path, key in known_customer_keys(inputs):
        arn = Arn.parse(key)
        if arn is None or arn.service != "kms" or not arn.resource.startswith("key/"):
            yield Finding(f"has a kmsKey that is not the ARN of a key, which ECR rejects in a template: {key}", path)
        elif region is None or is_unknown(region):
            yield Undecided(("region",))
        elif arn.region != region:
            yield Finding(f"is in {region} with a key in {arn.region}: ECR requires a key in the same region", path)


def _check_lifecycle(
    inputs: Mapping[str, Any], protected: tuple[str, ...], minimum_kept: int, occasions: Sequence[object]
) -> Results:
    if not inputs.get(_LIFECYCLE):
        yield Finding("has no lifecycle policy: its repositories keep every image", (_LIFECYCLE,))
        return
    found = list(check_lifecycle_policy(inputs, _LIFECYCLE, protected, minimum_kept))
    yield from found
    if Occasion.REPLICATION.value in occasions and not any(isinstance(each, Undecided) for each in found):
        yield from check_standby_lifecycle(inputs, _LIFECYCLE)


def _check_role(inputs: Mapping[str, Any]) -> Results:
    role = inputs.get(_ROLE)
    if is_unknown(role):
        return
    if not role:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html
        if inputs.get(_TAGS) or uses_kms(inputs):
            yield Finding("has no customRoleArn, which ECR requires to set tags or a KMS key", (_ROLE,))
        return
    arn = Arn.parse(role) if isinstance(role, str) else None
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        yield Finding(f"has a customRoleArn that is not the ARN of a role: {role!r}", (_ROLE,))


RULE = ResourceRule(
    id="ecr-template-secure",
    title="Creation templates are as secure as declared repositories",
    severity="high",
    risk="A repository that ECR creates is in no stack: if its tags are mutable, or its images unencrypted or kept "
    "without limit, no rule finds it later. Encryption can't be changed afterwards.",
    remediation="Set immutable tags, the ARN of a key in the template's region, a lifecycle policy, the required tags, "
    "and the role that ECR needs to apply them. Remove CREATE_ON_PUSH, and declare the repository instead.",
    controls=("Security Hub ECR.2", "Security Hub ECR.3", "Security Hub ECR.5"),
    parameters=TemplateParameters,
    types=(CREATION_TEMPLATE,),
    check=check,
)
