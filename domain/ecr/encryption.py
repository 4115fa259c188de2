"""Which key encrypts a repository's layers."""

from enum import Enum


class Encryption(Enum):
    """Set when the repository is created, and never after."""

    CUSTOMER = "customer"
    """A KMS key of the company's: the stack's own, or one that it names."""
    AWS_MANAGED = "aws-managed"
    """The account's `aws/ecr` key, whose policy nobody can change."""
    AES256 = "aes256"
    """Amazon S3's own keys."""
