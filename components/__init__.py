"""Pulumi component resources, one a file: they turn values of the domain into resources and decide nothing."""

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_replication import Replication, ReplicationArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.other_account import other_account
from components.pull_through_cache import PullThroughCache, PullThroughCacheArgs
from components.registry_resources import Registry
from components.registry_roles import RegistryRoles, RegistryRolesArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs

__all__ = [
    "EncryptionKey",
    "EncryptionKeyArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "PullThroughCache",
    "PullThroughCacheArgs",
    "Registry",
    "RegistryRoles",
    "RegistryRolesArgs",
    "RegistrySettings",
    "RegistrySettingsArgs",
    "Replication",
    "ReplicationArgs",
    "other_account",
]
