"""What declares resources in another account than the program's own."""

import pulumi
from pulumi_aws import Provider, ProviderAssumeRoleArgs


def other_account(account: str, region: str, role: str) -> pulumi.ResourceOptions:
    """Options that take a resource there: one provider for an account, since each resource names its region."""
    provider = Provider(
        account,
        region=region,
        allowed_account_ids=[account],
        # As a mapping its names would reach the provider untranslated, and nothing be assumed.
        assume_roles=[ProviderAssumeRoleArgs(role_arn=role, session_name="container-registry")],
    )
    return pulumi.ResourceOptions(provider=provider)
