"""The resources of one registry."""

from collections.abc import Iterable

import pulumi

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs
from domain.ecr.repository import RepositoryCopy


class RegistryResources:
    """Key, settings and repositories; not a component itself, so that they have no common parent."""

    def __init__(
        self,
        name: str,
        key: EncryptionKeyArgs,
        settings: RegistrySettingsArgs,
        repositories: Iterable[RepositoryCopy],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.key = EncryptionKey(f"registry@{name}", key, opts)
        RegistrySettings(f"registry@{name}", settings, opts)
        self.repositories = {
            each.name: ImageRepository(
                f"{each.name}@{name}", ImageRepositoryArgs(repository=each, kms_key=self.key.arn), opts
            )
            for each in repositories
        }

    def outputs(self) -> dict[str, object]:
        """What the stack exports of the registry."""
        repositories = {name: {"arn": each.arn, "url": each.url} for name, each in self.repositories.items()}
        return {"key_arn": self.key.arn, "repositories": repositories}
