"""A pull-through cache for another registry."""

from dataclasses import dataclass

import pulumi
import pulumi_aws
from pulumi_aws import ecr

from components.component import Component
from domain.document_text import to_json_text
from domain.ecr.cache import Cache, credentials
from domain.ecr.creation_templates import Occasion
from domain.ecr.tags import TagMutability
from domain.ecr.upstreams import ROOT


@dataclass(frozen=True, kw_only=True)
class PullThroughCacheArgs:
    """`token` is the password for the upstream, if the stack declares the secret."""

    cache: Cache
    key: pulumi.Input[str]
    """The ARN of the key that encrypts the images."""
    role: pulumi.Input[str] | None
    """The role with which Amazon ECR creates the repositories."""
    token: pulumi.Input[str] | None


class PullThroughCache(Component):
    """The creation template of its repositories, then the rule, with the secret for the upstream."""

    def __init__(self, name: str, args: PullThroughCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        cache, rule = args.cache, args.cache.rule
        template = ecr.RepositoryCreationTemplate(
            name,
            prefix=rule.prefix,
            applied_fors=[Occasion.PULL_THROUGH_CACHE.value],
            description=f"For what is pulled through from {rule.upstream_url}",
            custom_role_arn=args.role,
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key}],
            # ECR never updates an immutable tag from the upstream.
            image_tag_mutability=TagMutability.MUTABLE.value,
            lifecycle_policy=cache.lifecycle_text,
            repository_policy=cache.policy_text,
            resource_tags=cache.tags,
            region=cache.region,
            opts=self.child(),
        )
        after = pulumi.ResourceOptions(depends_on=[template])
        ecr.PullThroughCacheRule(
            name,
            ecr_repository_prefix=rule.prefix,
            upstream_registry_url=rule.upstream_url,
            upstream_repository_prefix=None if rule.upstream_prefix == ROOT else rule.upstream_prefix,
            credential_arn=self._secret(name, args) if args.token is not None else rule.credential_arn,
            custom_role_arn=rule.custom_role_arn,
            region=cache.region,
            opts=pulumi.ResourceOptions.merge(self.child(), after),
        )
        self.register_outputs({})

    def _secret(self, name: str, args: PullThroughCacheArgs) -> pulumi.Output[str]:
        cache, token = args.cache, args.token
        assert token is not None  # noqa: S101 - checked by the caller
        # By the package, which imports the module on first use: few stacks need it.
        secret = pulumi_aws.secretsmanager.Secret(
            name,
            name=cache.secret_name,
            description=f"With which Amazon ECR logs in to {cache.rule.upstream_url}",
            tags=cache.tags,
            region=cache.region,
            opts=self.child(),
        )
        user = cache.username or ""
        version = pulumi_aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.from_input(token).apply(lambda text: to_json_text(credentials(user, text))),
            region=cache.region,
            opts=self.child(),
        )
        # By the version's output, so that the secret has its value when the rule is created: ECR validates it.
        return version.secret_id
