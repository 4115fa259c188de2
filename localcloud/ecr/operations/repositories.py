"""Repositories: created, described, deleted; their tags, and whether the tags of their images may move."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.ecr.tags import FILTER_TYPE, TagMutability, exclusion_filter_problems
from domain.resource_tags import CHARACTERS, KEY_MAX, TAGS_MAX, VALUE_MAX, refused_characters
from localcloud.ecr import repository_keys
from localcloud.ecr.api_errors import EcrError, invalid_parameter, repository_not_found
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredRepository

_FILTERS = "imageTagMutabilityExclusionFilters"
_WITH_FILTERS = (TagMutability.IMMUTABLE_WITH_EXCLUSION, TagMutability.MUTABLE_WITH_EXCLUSION)
_RESERVED_PREFIX = "aws:"


async def create_repository(request: OperationRequest) -> Answer:
    given = request.input
    mode, exclusions = tag_mutability(given)
    tags = tags_after(given.get("tags", ()), {})
    _require_free(request)
    configuration, keys = given.get("encryptionConfiguration", {}), request.services.backend
    kind, key_arn = await repository_keys.chosen(configuration, request.call, request.registry, request.name, keys)
    host = await request.host()
    # Others had their turn while the key was looked up.
    _require_free(request)
    repository = StoredRepository(
        name=request.name,
        account=request.registry.account,
        region=request.registry.region,
        created_at=request.now,
        encryption_type=kind,
        key_arn=key_arn,
        mutability=mode,
        exclusions=exclusions,
        scan_on_push=given.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        tags=tags,
    )
    request.registry.repositories[repository.name] = repository
    return {"repository": _repository_members(repository, host)}


async def delete_repository(request: OperationRequest) -> Answer:
    host = await request.host()
    repository, services = request.repository, request.services
    await repository_keys.require_retirable(repository, request.call, request.registry, services.backend)
    # Others had their turn while the key was looked up.
    if request.repository is not repository:
        raise repository_not_found(repository.name, repository.account)
    if repository.images and not request.input.get("force", False):
        text = (
            f"The repository with name '{repository.name}' in registry with id '{repository.account}' "
            "cannot be deleted because it still contains images"
        )
        raise EcrError("RepositoryNotEmptyException", text)
    del request.registry.repositories[repository.name]
    services.blobs.remove(services.registries.unnamed(repository.layers))
    return {"repository": _repository_members(repository, host)}


async def describe_repositories(request: OperationRequest) -> Answer:
    host = await request.host()
    if "repositoryNames" in request.input:
        refuse_paging(request, "repositoryNames")
        found = [request.registry.repository(name) for name in request.names]
        return {"repositories": [_repository_members(each, host) for each in found]}
    found, more = page(request, "DescribeRepositories", request.registry.repositories)
    return {"repositories": [_repository_members(each, host) for each in found], **more}


def _require_free(request: OperationRequest) -> None:
    if request.name in request.registry.repositories:
        account = request.registry.account
        text = f"The repository with name '{request.name}' already exists in the registry with id '{account}'"
        raise EcrError("RepositoryAlreadyExistsException", text)


def _repository_members(repository: StoredRepository, host: str) -> Answer:
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


async def put_image_tag_mutability(request: OperationRequest) -> Answer:
    repository = request.repository
    repository.mutability, repository.exclusions = tag_mutability(request.input)
    return {**request.ids(), **mutability_members(repository.mutability, repository.exclusions)}


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


async def tag_resource(request: OperationRequest) -> Answer:
    repository = request.repository
    repository.tags = tags_after(request.input["tags"], repository.tags)
    return {}


async def untag_resource(request: OperationRequest) -> Answer:
    repository = request.repository
    gone = request.input["tagKeys"]
    repository.tags = {key: value for key, value in repository.tags.items() if key not in gone}
    return {}


async def list_tags_for_resource(request: OperationRequest) -> Answer:
    return {"tags": [{"Key": key, "Value": value} for key, value in request.repository.tags.items()]}


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
