"""Pulumi component resources, one a file: they turn declared values into resources."""

from components.component import other_account_options
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_replication import Replication, ReplicationArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.pull_through_cache import PullThroughCache, PullThroughCacheArgs
from components.registry_resources import RegistryResources
from components.registry_roles import RegistryRoles, RegistryRolesArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs

__all__ = [
    "EncryptionKey",
    "EncryptionKeyArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "PullThroughCache",
    "PullThroughCacheArgs",
    "RegistryResources",
    "RegistryRoles",
    "RegistryRolesArgs",
    "RegistrySettings",
    "RegistrySettingsArgs",
    "Replication",
    "ReplicationArgs",
    "other_account_options",
]
