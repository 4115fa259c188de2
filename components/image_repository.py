"""A repository with its policies."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from domain.ecr.repository import Encryption, RepositoryCopy
from domain.ecr.tags import FILTER_TYPE


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """`kms_key` is the ARN of the registry's key."""

    repository: RepositoryCopy
    kms_key: pulumi.Input[str]


class ImageRepository(Component):
    """A repository or a replica, its lifecycle policy and its repository policy."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        declared = args.repository
        self.repository = ecr.Repository(
            name,
            name=declared.name,
            image_tag_mutability=declared.mutability.value,
            image_tag_mutability_exclusion_filters=_exclusions(declared),
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[_encryption(args)],
            force_delete=declared.force_delete or None,
            region=declared.region,
            tags=declared.tags,
            opts=self.child(protect=declared.protect, import_=declared.import_id),
        )
        # The policies are not protected: every change replaces the lifecycle policy, and the repository policy is
        # deleted with its last grant.
        ecr.LifecyclePolicy(
            name,
            repository=self.repository.name,
            policy=declared.lifecycle_text,
            region=declared.region,
            opts=self.child(),
        )
        if declared.policy_text is not None:
            ecr.RepositoryPolicy(
                name,
                repository=self.repository.name,
                policy=declared.policy_text,
                region=declared.region,
                opts=self.child(),
            )
        self.arn = self.repository.arn
        self.url = self.repository.repository_url
        self.register_outputs({"arn": self.arn, "url": self.url})


def _exclusions(declared: RepositoryCopy) -> list[ecr.RepositoryImageTagMutabilityExclusionFilterArgsDict] | None:
    return [{"filter": tag, "filter_type": FILTER_TYPE} for tag in declared.mutable_tags] or None


def _encryption(args: ImageRepositoryArgs) -> ecr.RepositoryEncryptionConfigurationArgsDict:
    match args.repository.encryption:
        case Encryption.CUSTOMER:
            return {"encryption_type": "KMS", "kms_key": args.repository.key_arn or args.kms_key}
        case Encryption.AWS_MANAGED:
            return {"encryption_type": "KMS"}
        case Encryption.AES256:
            return {"encryption_type": "AES256"}
