"""Roles and their own policies."""

from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.iam import ROLE, ROLE_POLICY

_OPTIONAL = {
    "path": "Path",
    "description": "Description",
    "maxSessionDuration": "MaxSessionDuration",
    "permissionsBoundary": "PermissionsBoundary",
}


def _role(order: Order) -> Answer:
    inputs = order.inputs
    made = order.client("iam").create_role(
        RoleName=inputs["name"],
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Tags=order.tags(),
        **{of_iam: inputs[name] for name, of_iam in _OPTIONAL.items() if name in inputs},
    )["Role"]
    created = f"{made['CreateDate']:%Y-%m-%dT%H:%M:%SZ}"
    return made["RoleName"], {"arn": made["Arn"], "createDate": created, "uniqueId": made["RoleId"]}


def _role_policy(order: Order) -> Answer:
    role, name = order.inputs["role"], order.inputs["name"]
    order.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=order.inputs["policy"])
    return f"{role}:{name}", {}


BUILDERS = {
    ROLE: Builder(
        build=_role, properties=("name", "assumeRolePolicy", "tags", *_OPTIONAL), at_deletion=("forceDetachPolicies",)
    ),
    ROLE_POLICY: Builder(build=_role_policy, properties=("name", "role", "policy")),
}
