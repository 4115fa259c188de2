"""The program: settings in, components out, exports."""

import asyncio
import gc
from pathlib import Path

import pulumi

import components
from settings import InvalidSettings, Place, Settings, load
from settings.engine import engine_values
from settings.roles import registry_roles

# Declaring only ever adds objects: the collector finds nothing to free, at a cost that grows with every resource.
gc.disable()
try:
    settings: Settings = load(Path(__file__).parent, pulumi.get_stack(), engine_values())
except InvalidSettings as invalid:
    raise pulumi.RunError(str(invalid)) from invalid


def declare(place: Place) -> pulumi.Inputs:
    """Everything that stands in one registry."""
    name = f"registry@{place.region}"
    key = components.EncryptionKey(name, components.EncryptionKeyArgs(
        account=place.account, region=place.region, alias=settings.project, tags=settings.tags,
        deletion_days=settings.key_deletion_days, protect=settings.protects(place),
    ))  # fmt: skip
    components.RegistrySettings(name, components.RegistrySettingsArgs(
        region=place.region, scan_type=settings.scan_type, scan_rules=settings.scan_rules,
        registry_policy=settings.registry_policy, pull_time_exclusions=settings.pull_time_exclusions,
        blob_mounting=settings.blob_mounting,
    ))  # fmt: skip
    repositories = {}
    for copy in settings.copies(place):
        args = components.ImageRepositoryArgs(
            repository=copy.name, region=copy.region, mutability=copy.mutability, mutable_tags=copy.mutable_tags,
            encryption=copy.encryption, kms_key=copy.key_arn or key.arn, lifecycle_policy=copy.lifecycle_text,
            repository_policy=copy.policy_text, tags=copy.tags, protect=copy.protect, force_delete=copy.force_delete,
            import_id=copy.import_id,
        )  # fmt: skip
        repository = components.ImageRepository(f"{copy.name}@{copy.region}", args)
        repositories[copy.name] = {"arn": repository.arn, "url": repository.url}
    return {"host": place.host, "key_arn": key.arn, "repositories": repositories}


async def main() -> pulumi.Inputs:
    registries = {place.region: declare(place) for place in settings.places}
    roles = components.RegistryRoles("registry", components.RegistryRolesArgs(
        roles=registry_roles(settings), path=settings.roles.path, boundary=settings.roles.boundary,
        session_seconds=settings.roles.session_seconds, tags=settings.tags,
    ))  # fmt: skip
    # One turn of the loop lets the first answers in, before the SDK waits for all that is pending again and again.
    await asyncio.sleep(0)
    return {"registries": registries, "roles": roles.arns}


pulumi.run(main)
