"""The customer managed key of one registry."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.component import Component
from domain.document_text import to_json_text
from domain.kms import key_policy


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """A key for one account and region."""

    account: str
    region: str
    alias: str
    deletion_days: int
    tags: Mapping[str, str]
    protect: bool = True


class EncryptionKey(Component):
    """A KMS key with rotation and a policy that allows ECR to use it by grants, and its alias."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        key = kms.Key(
            name,
            description=f"Encrypts the container images of {args.account} in {args.region}",
            policy=to_json_text(key_policy(account=args.account, region=args.region)),
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_days,
            region=args.region,
            tags=args.tags,
            opts=self.child(protect=args.protect),
        )
        kms.Alias(name, name=f"alias/{args.alias}", target_key_id=key.key_id, region=args.region, opts=self.child())
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
