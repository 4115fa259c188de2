"""What the AWS CLI prints, as far as an adoption reads it; what else it prints passes.

The names are those of botocore's models of ecr, resourcegroupstaggingapi and kms."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from domain.aws import Arn, is_account_id
from domain.problems import Problem
from settings.written.catalog import checked

_REPOSITORY = "repository/"


def repository_arn(text: str) -> Arn | None:
    """The ARN of a repository in a private registry; None for any other text."""
    arn = Arn.parse(text)
    private = arn and arn.service == "ecr" and arn.region and is_account_id(arn.account)
    return arn if arn and private and repository_name(arn) else None


def repository_name(arn: Arn) -> str:
    return arn.resource.removeprefix(_REPOSITORY) if arn.resource.startswith(_REPOSITORY) else ""


def _arn_problems(text: str) -> list[Problem]:
    if repository_arn(text):
        return []
    message = "is no ARN of a repository in a private registry"
    return [Problem((), text, message, "give what `aws ecr describe-repositories` prints, not ecr-public's")]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Encryption(Shape):
    type: StrictStr = Field(alias="encryptionType", description="AES256, KMS or KMS_DSSE")
    key: StrictStr | None = Field(None, alias="kmsKey")


class ExclusionFilter(Shape):
    filter: StrictStr = Field(description="a pattern of tags")


class Scanning(Shape):
    on_push: StrictBool = Field(default=False, alias="scanOnPush")


class Repository(Shape):
    """One of `aws ecr describe-repositories`; the ARN alone says its name, account and region."""

    arn: Annotated[StrictStr, checked(_arn_problems)] = Field(
        alias="repositoryArn", description="as `aws ecr describe-repositories` prints it"
    )
    mutability: StrictStr = Field(alias="imageTagMutability", description="MUTABLE or IMMUTABLE")
    filters: tuple[ExclusionFilter, ...] = Field((), alias="imageTagMutabilityExclusionFilters")
    scanning: Scanning = Field(Scanning(), alias="imageScanningConfiguration")
    encryption: Encryption | None = Field(None, alias="encryptionConfiguration")


class Repositories(Shape):
    repositories: tuple[Repository, ...]
    next: StrictStr | None = Field(None, validation_alias=AliasChoices("nextToken", "NextToken"))


class LifecyclePolicy(Shape):
    name: StrictStr = Field(alias="repositoryName", description="as `aws ecr get-lifecycle-policy` prints it")
    account: StrictStr | None = Field(None, alias="registryId")
    text: StrictStr = Field(alias="lifecyclePolicyText")


class RepositoryPolicy(Shape):
    name: StrictStr = Field(
        alias="repositoryName", description="`aws ecr get-repository-policy` prints it, get-registry-policy does not"
    )
    account: StrictStr | None = Field(None, alias="registryId")
    text: StrictStr = Field(alias="policyText")


class Tag(Shape):
    key: StrictStr = Field(alias="Key", description="the tag's key")
    value: StrictStr = Field(alias="Value", description="the tag's value")


class Tagged(Shape):
    arn: StrictStr = Field(alias="ResourceARN", description="as `get-resources` prints it")
    tags: tuple[Tag, ...] = Field(alias="Tags", description="a list, which may be empty")


class Tagging(Shape):
    resources: tuple[Tagged, ...] = Field(alias="ResourceTagMappingList")
    next: StrictStr | None = Field(None, validation_alias=AliasChoices("PaginationToken", "NextToken"))


class KeyMetadata(Shape):
    arn: StrictStr = Field(alias="Arn", description="as `aws kms describe-key` prints it")
    manager: StrictStr = Field(alias="KeyManager", description="AWS or CUSTOMER")


class Key(Shape):
    metadata: KeyMetadata = Field(alias="KeyMetadata")


Output = Repositories | LifecyclePolicy | RepositoryPolicy | Tagging | Key

FORMS: dict[str, type[Output]] = {
    "repositories": Repositories,
    "lifecyclePolicyText": LifecyclePolicy,
    "policyText": RepositoryPolicy,
    "ResourceTagMappingList": Tagging,
    "KeyMetadata": Key,
}
"""Each form by the key that no other has."""

_TAGS = "`aws resourcegroupstaggingapi get-resources --resource-type-filters ecr:repository`"
STRANGE_FORMS = {
    "tags": ("does not say whose tags they are", f"give what {_TAGS} prints, which names each repository"),
    "previewResults": ("is a preview of a policy that may never come", "give `aws ecr get-lifecycle-policy`"),
}
"""Outputs that look near enough to be given by mistake, with what to give in their place."""
