"""The roles that push to the registry, pull from it and audit it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.component import Component
from domain.document_text import to_json_text
from domain.iam.roles import Role


@dataclass(frozen=True, kw_only=True)
class RegistryRolesArgs:
    """Roles of one account with the same permissions boundary."""

    roles: Sequence[Role]
    path: str
    boundary: str
    session_seconds: int
    tags: Mapping[str, str]


class RegistryRoles(Component):
    """The roles, each with one policy; the account's identity providers exist already."""

    arns: dict[str, pulumi.Output[str]]
    """By the roles' names."""

    def __init__(self, name: str, args: RegistryRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        declared = {each.name: self._declare(f"{name}.{each.name}", each, args) for each in args.roles}
        self.arns = {each: role.arn for each, (role, _) in declared.items()}
        self.policies: Mapping[str, pulumi.Resource] = {each: policy for each, (_, policy) in declared.items()}
        self.register_outputs({"arns": self.arns})

    def _declare(self, name: str, role: Role, args: RegistryRolesArgs) -> tuple[iam.Role, iam.RolePolicy]:
        declared = iam.Role(
            name,
            name=role.name,
            path=args.path,
            description=role.description,
            assume_role_policy=to_json_text(role.trust),
            max_session_duration=args.session_seconds,
            permissions_boundary=args.boundary,
            tags=args.tags,
            opts=self.child(),
        )
        policy = to_json_text(role.policy)
        return declared, iam.RolePolicy(name, name="registry", role=declared.name, policy=policy, opts=self.child())
