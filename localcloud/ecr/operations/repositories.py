"""Repositories: made, described, deleted."""

from localcloud.ecr import encryption
from localcloud.ecr.errors import EcrError, repository_not_found
from localcloud.ecr.operations import mutability
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.tags import checked
from localcloud.ecr.state import Repository


async def create(asked: Asked) -> Answer:
    given = asked.given
    mode, exclusions = mutability.wanted(given)
    tags = checked(given.get("tags", ()), {})
    _require_free(asked)
    configuration, keys = given.get("encryptionConfiguration", {}), asked.services.neighbour
    kind, key_arn = await encryption.chosen(configuration, asked.call, asked.registry, asked.name, keys)
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
    return {"repository": _told(repository, host)}


async def delete(asked: Asked) -> Answer:
    host = await asked.host()
    repository, services = asked.repository, asked.services
    await encryption.require_retirable(repository, asked.call, asked.registry, services.neighbour)
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
    return {"repository": _told(repository, host)}


async def describe(asked: Asked) -> Answer:
    host = await asked.host()
    if "repositoryNames" in asked.given:
        refuse_paging(asked, "repositoryNames")
        found = [asked.registry.repository(name) for name in asked.names]
        return {"repositories": [_told(each, host) for each in found]}
    found, more = page(asked, "DescribeRepositories", asked.registry.repositories)
    return {"repositories": [_told(each, host) for each in found], **more}


def _require_free(asked: Asked) -> None:
    if asked.name in asked.registry.repositories:
        text = (
            f"The repository with name '{asked.name}' already exists in the registry with id '{asked.registry.account}'"
        )
        raise EcrError("RepositoryAlreadyExistsException", text)


def _told(repository: Repository, host: str) -> Answer:
    key = {"kmsKey": repository.key_arn} if repository.key_arn else {}
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.account,
        "repositoryName": repository.name,
        # Where a client can push to, in place of ACCOUNT.dkr.ecr.REGION.amazonaws.com.
        "repositoryUri": f"{host}/{repository.name}",
        "createdAt": repository.created_at,
        **mutability.told(repository.mutability, repository.exclusions),
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": {"encryptionType": repository.encryption_type, **key},
    }
