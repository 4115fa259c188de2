"""A customer managed key."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.component import Component


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """A key in one region."""

    region: str
    description: str
    policy: str
    alias: str
    deletion_days: int
    tags: Mapping[str, str]
    protect: bool = True


class EncryptionKey(Component):
    """A KMS key with rotation, and its alias."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        key = kms.Key(
            name,
            description=args.description,
            policy=args.policy,
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_days,
            region=args.region,
            tags=args.tags,
            opts=self.child(protect=args.protect),
        )
        kms.Alias(name, name=f"alias/{args.alias}", target_key_id=key.key_id, region=args.region, opts=self.child())
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
