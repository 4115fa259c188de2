"""All that stands in one registry, declared side by side."""

from collections.abc import Iterable

import pulumi

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs
from domain.ecr.repository import RepositoryCopy


class Registry:
    """No component itself: its parts keep the names by which their images are known."""

    def __init__(
        self,
        place: str,
        key: EncryptionKeyArgs,
        settings: RegistrySettingsArgs,
        repositories: Iterable[RepositoryCopy],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.key = EncryptionKey(f"registry@{place}", key, opts)
        RegistrySettings(f"registry@{place}", settings, opts)
        self.repositories = {
            each.name: ImageRepository(
                f"{each.name}@{place}", ImageRepositoryArgs(repository=each, kms_key=self.key.arn), opts
            )
            for each in repositories
        }

    def exported(self) -> dict[str, object]:
        repositories = {name: {"arn": each.arn, "url": each.url} for name, each in self.repositories.items()}
        return {"key_arn": self.key.arn, "repositories": repositories}
