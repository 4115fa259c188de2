"""What components share: the type token, the options of children, and the provider of another account."""

from typing import Any

import pulumi
from pulumi_aws import Provider, ProviderAssumeRoleArgs


class Component(pulumi.ComponentResource):
    """A component of this project; children start from `child()`, and their names begin with the component's."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"container-registry:index:{type(self).__name__}", name, None, opts)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a child, which inherits the provider and the aliases of the component."""
        return pulumi.ResourceOptions(parent=self, **options)


def other_account_options(account: str, region: str, role: str) -> pulumi.ResourceOptions:
    """Options for resources in another account; one provider is enough, since each resource sets its region."""
    provider = Provider(
        account,
        region=region,
        allowed_account_ids=[account],
        # The keys of a mapping would not be translated for the provider, and no role assumed.
        assume_roles=[ProviderAssumeRoleArgs(role_arn=role, session_name="container-registry")],
    )
    return pulumi.ResourceOptions(provider=provider)
