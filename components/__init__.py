"""Pulumi component resources, one a file: they turn values of the domain into resources and decide nothing."""

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.registry_roles import RegistryRoles, RegistryRolesArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs

__all__ = [
    "EncryptionKey",
    "EncryptionKeyArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "RegistryRoles",
    "RegistryRolesArgs",
    "RegistrySettings",
    "RegistrySettingsArgs",
]
