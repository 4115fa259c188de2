"""Repositories: created, described, deleted; their tags, and whether the tags of their images may move."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.ecr.tags import FILTER_TYPE, TagMutability, exclusion_filter_problems
from domain.resource_tags import CHARACTERS, KEY_MAX, TAGS_MAX, VALUE_MAX, refused_characters
from localcloud.ecr import repository_keys
from localcloud.ecr.api_errors import EcrError, invalid_parameter, repository_not_found
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.request import Answer, Asked
from localcloud.ecr.registry_state import Repository

_FILTERS = "imageTagMutabilityExclusionFilters"
_WITH_FILTERS = (TagMutability.IMMUTABLE_WITH_EXCLUSION, TagMutability.MUTABLE_WITH_EXCLUSION)
_RESERVED_PREFIX = "aws:"


async def create_repository(asked: Asked) -> Answer:
    given = asked.given
    mode, exclusions = tag_mutability(given)
    tags = tags_after(given.get("tags", ()), {})
    _require_free(asked)
    configuration, keys = given.get("encryptionConfiguration", {}), asked.services.neighbour
    kind, key_arn = await repository_keys.chosen(configuration, asked.call, asked.registry, asked.name, keys)
    host = await asked.host()
    # Others had their turn while the key was looked up.
    _require_free(asked)
    repository = Repository(
        name=asked.name,
        account=asked.registry.account,
        region=asked.registry.region,
        created_at=asked.now,
        encryption_type=kind,
        key_arn=key_arn,
        mutability=mode,
        exclusions=exclusions,
        scan_on_push=given.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        tags=tags,
    )
    asked.registry.repositories[repository.name] = repository
    return {"repository": _repository_members(repository, host)}


async def delete_repository(asked: Asked) -> Answer:
    host = await asked.host()
    repository, services = asked.repository, asked.services
    await repository_keys.require_retirable(repository, asked.call, asked.registry, services.neighbour)
    # Others had their turn while the key was looked up.
    if asked.repository is not repository:
        raise repository_not_found(repository.name, repository.account)
    if repository.images and not asked.given.get("force", False):
        text = (
            f"The repository with name '{repository.name}' in registry with id '{repository.account}' "
            "cannot be deleted because it still contains images"
        )
        raise EcrError("RepositoryNotEmptyException", text)
    del asked.registry.repositories[repository.name]
    services.blobs.remove(services.registries.unnamed(repository.layers))
    return {"repository": _repository_members(repository, host)}


async def describe_repositories(asked: Asked) -> Answer:
    host = await asked.host()
    if "repositoryNames" in asked.given:
        refuse_paging(asked, "repositoryNames")
        found = [asked.registry.repository(name) for name in asked.names]
        return {"repositories": [_repository_members(each, host) for each in found]}
    found, more = page(asked, "DescribeRepositories", asked.registry.repositories)
    return {"repositories": [_repository_members(each, host) for each in found], **more}


def _require_free(asked: Asked) -> None:
    if asked.name in asked.registry.repositories:
        text = (
            f"The repository with name '{asked.name}' already exists in the registry with id '{asked.registry.account}'"
        )
        raise EcrError("RepositoryAlreadyExistsException", text)


def _repository_members(repository: Repository, host: str) -> Answer:
    key = {"kmsKey": repository.key_arn} if repository.key_arn else {}
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.account,
        "repositoryName": repository.name,
        # Where a client can push to, in place of ACCOUNT.dkr.ecr.REGION.amazonaws.com.
        "repositoryUri": f"{host}/{repository.name}",
        "createdAt": repository.created_at,
        **mutability_members(repository.mutability, repository.exclusions),
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": {"encryptionType": repository.encryption_type, **key},
    }


async def put_image_tag_mutability(asked: Asked) -> Answer:
    repository = asked.repository
    repository.mutability, repository.exclusions = tag_mutability(asked.given)
    return {**asked.ids(), **mutability_members(repository.mutability, repository.exclusions)}


def tag_mutability(given: Mapping[str, Any]) -> tuple[TagMutability, tuple[str, ...]]:
    """The mode and the filters that the input asks for."""
    mode = TagMutability(given.get("imageTagMutability", TagMutability.MUTABLE.value))
    filters = tuple(each["filter"] for each in given.get(_FILTERS, ()))
    if mode not in _WITH_FILTERS:
        if filters:
            raise invalid_parameter(_FILTERS, f"Filters can't be given with the image tag mutability {mode.value}")
        return mode, ()
    if problems := exclusion_filter_problems(filters):
        raise invalid_parameter(_FILTERS, "; ".join(f"{each.value!r} {each.message}" for each in problems))
    return mode, filters


def mutability_members(mode: TagMutability, exclusions: Sequence[str]) -> Answer:
    filters = [{"filterType": FILTER_TYPE, "filter": each} for each in exclusions]
    return {"imageTagMutability": mode.value, **({_FILTERS: filters} if filters else {})}


async def tag_resource(asked: Asked) -> Answer:
    repository = asked.repository
    repository.tags = tags_after(asked.given["tags"], repository.tags)
    return {}


async def untag_resource(asked: Asked) -> Answer:
    repository = asked.repository
    gone = asked.given["tagKeys"]
    repository.tags = {key: value for key, value in repository.tags.items() if key not in gone}
    return {}


async def list_tags_for_resource(asked: Asked) -> Answer:
    return {"tags": [{"Key": key, "Value": value} for key, value in asked.repository.tags.items()]}


def tags_after(given: Sequence[Mapping[str, str]], present: Mapping[str, str]) -> dict[str, str]:
    """The tags that are there with those that come; raises for what AWS refuses."""
    for each in given:
        _require_valid(each["Key"], each["Value"])
    added = {each["Key"]: each["Value"] for each in given}
    if len(added) < len(given):
        raise _invalid("A tag key is given more than once")
    tags = {**present, **added}
    if len(tags) > TAGS_MAX:
        text = f"The number of tags, {len(tags)}, exceeds the limit of {TAGS_MAX} tags of a repository"
        raise EcrError("TooManyTagsException", text)
    return tags


def _require_valid(key: str, value: str) -> None:
    if not 1 <= len(key) <= KEY_MAX:
        raise _invalid(f"Tag keys have 1 to {KEY_MAX} characters, and this one has {len(key)}")
    if len(value) > VALUE_MAX:
        raise _invalid(f"Tag values have at most {VALUE_MAX} characters, and that of '{key}' has {len(value)}")
    if key.lower().startswith(_RESERVED_PREFIX):
        raise _invalid(f"aws: prefixed tag key names are not allowed for external use: '{key}'")
    for each in (key, value):
        if refused_characters(each):
            raise _invalid(f"Tags have {CHARACTERS} only: '{each}'")


def _invalid(why: str) -> EcrError:
    return EcrError("InvalidTagParameterException", why)
