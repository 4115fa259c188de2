"""A repository, with what must never be missing from one."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from domain.ecr.encryption import Encryption
from domain.ecr.tags import FILTER_TYPE, TagMutability


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """A repository in one region; `kms_key` is the ARN of the customer key, where it is encrypted with one."""

    repository: str
    region: str
    lifecycle_policy: str
    tags: Mapping[str, str]
    kms_key: pulumi.Input[str] | None
    encryption: Encryption = Encryption.CUSTOMER
    mutability: TagMutability = TagMutability.IMMUTABLE
    mutable_tags: tuple[str, ...] = ()
    repository_policy: str | None = None
    protect: bool = True
    force_delete: bool = False
    import_id: str | None = None
    """The id of a repository that exists already and is adopted."""


class ImageRepository(Component):
    """The repository, its lifecycle policy and its repository policy; a replica is one too."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        repository = ecr.Repository(
            name,
            name=args.repository,
            image_tag_mutability=args.mutability.value,
            image_tag_mutability_exclusion_filters=_exclusions(args),
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[_encryption(args)],
            force_delete=args.force_delete or None,
            region=args.region,
            tags=args.tags,
            opts=self.child(protect=args.protect, import_=args.import_id),
        )
        # Neither policy is protected: the engine replaces the one at every change, and deletes the other
        # with its last grant.
        ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=args.lifecycle_policy,
            region=args.region,
            opts=self.child(),
        )
        if args.repository_policy is not None:
            ecr.RepositoryPolicy(
                name,
                repository=repository.name,
                policy=args.repository_policy,
                region=args.region,
                opts=self.child(),
            )
        self.arn = repository.arn
        self.url = repository.repository_url
        self.register_outputs({"arn": self.arn, "url": self.url})


def _exclusions(args: ImageRepositoryArgs) -> list[ecr.RepositoryImageTagMutabilityExclusionFilterArgsDict] | None:
    return [{"filter": tag, "filter_type": FILTER_TYPE} for tag in args.mutable_tags] or None


def _encryption(args: ImageRepositoryArgs) -> ecr.RepositoryEncryptionConfigurationArgsDict:
    match args.encryption:
        case Encryption.CUSTOMER:
            return {"encryption_type": "KMS", "kms_key": args.kms_key}
        case Encryption.AWS_MANAGED:
            return {"encryption_type": "KMS"}
        case Encryption.AES256:
            return {"encryption_type": "AES256"}
