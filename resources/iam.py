"""AWS IAM: roles and their own policies. IAM has no regions."""

import re

from domain.aws import Arn
from domain.iam.github import ISSUER
from resources.record import Declaration, Grammar, Inputs, ResourceType, policy_lines, words_in

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
# Rules judge them; this program declares none.
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
MANAGED_POLICY = "aws:iam/policy:Policy"
ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
USER_POLICY_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
GROUP_POLICY_ATTACHMENT = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
POLICY_ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"

_PARTITION = re.compile(r"\barn:([a-z-]+):")


def _role(declaration: Declaration, name: str) -> dict[str, str]:
    inputs = declaration.inputs
    # Without a region to tell the partition by: no ARN that a role refers to is of another one than its own.
    found = _PARTITION.search(f"{inputs.get('permissionsBoundary', '')} {inputs.get('assumeRolePolicy', '')}")
    arn = Arn(found[1] if found else "aws", "iam", "", declaration.account, f"role{inputs.get('path', '/')}{name}")
    return {"arn": str(arn), "uniqueId": f"AROA{declaration.made_up().hex[:17].upper()}"}


def _describe_role(inputs: Inputs) -> list[str]:
    trust = (line.replace(f"{ISSUER}:", "") for line in policy_lines(inputs["assumeRolePolicy"]))
    return [inputs["name"], *trust]


TYPES = (
    ResourceType(
        token=ROLE,
        # inline_policy and managed_policy_arns are a TypeSet, Optional and Computed.
        source="iam/role.go 0040ea6: ForceNew on name, name_prefix, path",
        identity=("name",),
        make_outputs=_role,
        made_up=("uniqueId",),
        regional=False,
        exclusive=True,
        replaces=("name", "namePrefix", "path"),
        updates=words_in(
            "assumeRolePolicy description forceDetachPolicies inlinePolicies managedPolicyArns maxSessionDuration "
            "permissionsBoundary tags"
        ),
        optional=("inlinePolicies", "managedPolicyArns"),
        sets=("inlinePolicies", "managedPolicyArns"),
        documents={"assumeRolePolicy": Grammar.IAM},
        tags="tags",
        unknown_in_replacement=("name",),
        reads=("GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"),
        # A boundary is never taken away, and no policy attached: the one is always declared, the other never.
        creates=("CreateRole",),
        changes=words_in(
            "PutRolePermissionsBoundary TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription "
            "ListInstanceProfilesForRole DeleteRole"
        ),
        parameters={"RoleName": "name", "PermissionsBoundary": "permissionsBoundary", "Tags": "tags"},
        settings_key="roles",
        describe=_describe_role,
    ),
    ResourceType(
        token=ROLE_POLICY,
        source="iam/role_policy.go 02f97af: ForceNew on name, name_prefix, role",
        identity=("role", "name"),
        regional=False,
        replaces=("name", "namePrefix", "role"),
        updates=("policy",),
        documents={"policy": Grammar.IAM},
        reads=("GetRolePolicy",),
        creates=("PutRolePolicy",),
        changes=("DeleteRolePolicy",),
        parameters={"RoleName": "role"},
        settings_key="roles",
        describe=lambda inputs: policy_lines(inputs["policy"]),
    ),
)
