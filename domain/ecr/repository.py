"""A repository in one registry: the original at home, a replica elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from domain.ecr.tags import TagMutability


class Encryption(Enum):
    """Set when the repository is created, and never after."""

    CUSTOMER = "customer"
    """A KMS key of the company's: the stack's own, or one that it names."""
    AWS_MANAGED = "aws-managed"
    """The account's `aws/ecr` key, whose policy can't be changed."""
    AES256 = "aes256"
    """Amazon S3's own keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCopy:
    name: str
    region: str
    mutability: TagMutability
    mutable_tags: tuple[str, ...]
    encryption: Encryption
    key_arn: str | None
    """The named key of this region; None where the stack's own encrypts."""
    lifecycle_text: str
    policy_text: str | None
    tags: Mapping[str, str]
    protect: bool
    force_delete: bool
    import_id: str | None
    """The id of a repository that exists already and is adopted."""
