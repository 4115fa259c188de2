"""The template deployed to an account, with its roles as callers."""

from collections.abc import Mapping
from typing import Any

from bootstrap import template
from bootstrap.template import KEY_ID, STACK_ID, Account
from domain.iam.access import Caller, Identity, Policy
from domain.iam.document import parse
from domain.iam.github import ISSUER

DEPLOY, DESTROY, PREVIEW = "DeployRole", "DestroyRole", "PreviewRole"


class DeployedAccount(Account):
    @property
    def stack_id(self) -> str:
        return STACK_ID.format(partition=self.partition, region=self.region, account=self.id)

    @property
    def bucket(self) -> str:
        return f"arn:{self.partition}:s3:::{self.resources['StateBucket']['Properties']['BucketName']}"

    @property
    def secrets_key(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.id}:key/{KEY_ID}"

    @property
    def provider(self) -> str:
        return f"arn:{self.partition}:iam::{self.id}:oidc-provider/{ISSUER}"

    def role_arn(self, resource: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:role/{self.resources[resource]['Properties']['RoleName']}"

    def documents(self, resource: str) -> dict[str, Any]:
        """A role's own policies, by name."""
        policies = self.resources[resource]["Properties"]["Policies"]
        return {each["PolicyName"]: each["PolicyDocument"] for each in policies}

    def attached(self, resource: str) -> dict[str, Any]:
        """The managed policies that a role has, by the last word of their names."""
        arns = self.resources[resource]["Properties"].get("ManagedPolicyArns", [])
        managed = [each["Properties"] for each in self.resources.values() if each["Type"] == "AWS::IAM::ManagedPolicy"]
        return {
            each["ManagedPolicyName"].rpartition("-")[2]: each["PolicyDocument"]
            for each in managed
            if f"arn:{self.partition}:iam::{self.id}:policy/{each['ManagedPolicyName']}" in arns
        }

    def policies(self, resource: str) -> tuple[Policy, ...]:
        every = {**self.documents(resource), **self.attached(resource)}
        return tuple(Policy(name=name, document=parse(text)) for name, text in every.items())

    def session(self, resource: str, *more: Policy) -> Caller:
        """A job that took the role; `more` is what is attached to it besides."""
        role = self.role_arn(resource)
        name = role.rpartition("/")[2]
        identity = Identity(
            arn=f"arn:{self.partition}:sts::{self.id}:assumed-role/{name}/job", account=self.id, role_arn=role
        )
        return Caller(identity=identity, policies=(*self.policies(resource), *more))

    def trust(self, resource: str) -> Policy:
        return Policy(name="trust", document=parse(self.resources[resource]["Properties"]["AssumeRolePolicyDocument"]))

    def bucket_policy(self) -> Policy:
        document = self.resources["StateBucketPolicy"]["Properties"]["PolicyDocument"]
        return Policy(name="bucket", document=parse(document))

    def key_policy(self) -> Policy:
        return Policy(name="key", document=parse(self.resources["SecretsKey"]["Properties"]["KeyPolicy"]))


def fill_in(data: Mapping[str, Any], account: str, region: str, **parameters: str) -> DeployedAccount:
    made = template.fill_in(data, account, region, **parameters)
    return DeployedAccount(made.id, made.region, made.resources, made.outputs)
