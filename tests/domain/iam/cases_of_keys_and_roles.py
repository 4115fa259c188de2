"""What AWS documents of keys and roles, whose own policy is required; as a table."""

from domain.iam.access import Policy, Source
from tests.domain.iam.calls import (
    HOME,
    KEY,
    OTHER,
    ROLE,
    TOKEN_PROVIDER,
    account,
    allow,
    allowed,
    case,
    on_resource,
    own,
    request,
    role_arn,
    root,
    service,
    session,
    silent,
    to,
    token_holder,
    user,
    user_arn,
)

IDENTITY, BOUNDARY, RESOURCE = Source.IDENTITY, Source.BOUNDARY, Source.RESOURCE

PULL = own(allow("Pull"), name="pull")

# https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: "No AWS principal, including the account root
# user or key creator, has any permissions to a KMS key unless they are explicitly allowed, and never denied, in a key
# policy, IAM policy, or grant. Unless the key policy explicitly allows it, you cannot use IAM policies to allow access
# to a KMS key."
DESCRIBE = request("kms:DescribeKey", KEY)
DESCRIBES = own(allow("Describe", Action="kms:DescribeKey"), name="describes")
KEY_TO_HOME = on_resource(allow("ToAccount", Principal=to(account(HOME)), Action="kms:*", Resource="*"))
KEY_TO_OTHER = on_resource(allow("ToAccount", Principal=to(account(OTHER)), Action="kms:*", Resource="*"))
KEY_TO_ROLE = on_resource(allow("ToRole", Principal=to(role_arn()), Action="kms:*", Resource="*"))
KEY_TO_USER = on_resource(allow("ToUser", Principal=to(user_arn()), Action="kms:*", Resource="*"))
KEYS = [
    case("no identity policy by itself", silent(RESOURCE), user(DESCRIBES), request=DESCRIBE),
    case("nor with a key policy for others", silent(RESOURCE), user(DESCRIBES), KEY_TO_OTHER, request=DESCRIBE),
    case("in any letter case", silent(RESOURCE), user(DESCRIBES), request=request("KMS:describeKey", KEY)),
    case("with the account's share", allowed(IDENTITY, "Describe"), user(DESCRIBES), KEY_TO_HOME, request=DESCRIBE),
    case("the account's share is not its people's", silent(IDENTITY), user(PULL), KEY_TO_HOME, request=DESCRIBE),
    case("the key policy is enough for a user", allowed(RESOURCE, "ToUser"), user(), KEY_TO_USER, request=DESCRIBE),
    case("and for a role", allowed(RESOURCE, "ToRole"), session(), KEY_TO_ROLE, request=DESCRIBE),
    case("within its boundary", silent(BOUNDARY), session(boundary=PULL), KEY_TO_ROLE, request=DESCRIBE),
    case("not even root", silent(RESOURCE), root(), KEY_TO_ROLE, request=DESCRIBE),
    case("root by the account's share", allowed(RESOURCE, "ToAccount"), root(), KEY_TO_HOME, request=DESCRIBE),
    case(
        "across accounts both",
        allowed(RESOURCE, "ToAccount"),
        user(DESCRIBES, account=OTHER),
        KEY_TO_OTHER,
        request=DESCRIBE,
    ),
    case("across accounts not one", silent(RESOURCE), user(DESCRIBES, account=OTHER), KEY_TO_HOME, request=DESCRIBE),
    case(
        "what is no key has no key policy",
        allowed(IDENTITY, "Alias"),
        user(own(allow("Alias", Action="kms:DeleteAlias"))),
        request=request("kms:DeleteAlias", f"arn:aws:kms:us-east-1:{HOME}:alias/registry"),
    ),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "IAM role trust policies and KMS key policies are
# exceptions to this logic, because they must explicitly allow access for principals."
ASSUME = request("sts:AssumeRole", ROLE)
ASSUMES = own(allow("Assume", Action="sts:AssumeRole"), name="assumes")


def trust(sid: str, principal: dict[str, list[str]], action: str = "sts:AssumeRole", **elements: object) -> Policy:
    return on_resource(allow(sid, Principal=principal, Action=action, **elements), name="trust")


BY_TOKEN = trust(
    "Main",
    {"Federated": [TOKEN_PROVIDER]},
    "sts:AssumeRoleWithWebIdentity",
    Condition={"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/payments:ref:refs/heads/*"}},
)
SUBJECT = "token.actions.githubusercontent.com:sub"
WEB_IDENTITY = request("sts:AssumeRoleWithWebIdentity", ROLE)
ROLES = [
    case("no identity policy by itself", silent(RESOURCE), user(ASSUMES), request=ASSUME),
    case("trust in the account", allowed(IDENTITY, "Assume"), user(ASSUMES), trust("T", to(HOME)), request=ASSUME),
    case("trust in the account alone", silent(IDENTITY), user(), trust("T", to(HOME)), request=ASSUME),
    case("trust in the user", allowed(RESOURCE, "T"), user(), trust("T", to(user_arn())), request=ASSUME),
    case("trust in the role", allowed(RESOURCE, "T"), session(), trust("T", to(role_arn())), request=ASSUME),
    # id_roles_update-role-trust-policy.html: "If a permissions boundary is set for the user, then it must allow the
    # sts:AssumeRole action."
    case(
        "trust in the user, within its boundary",
        silent(BOUNDARY),
        user(boundary=PULL),
        trust("T", to(user_arn())),
        request=ASSUME,
    ),
    case(
        "trust across accounts",
        allowed(RESOURCE, "T"),
        session(ASSUMES, account=OTHER),
        trust("T", to(role_arn(OTHER))),
        request=ASSUME,
    ),
    case(
        "another action on a role asks for no trust",
        allowed(IDENTITY, "Read"),
        user(own(allow("Read", Action="iam:GetRole"))),
        trust("T", to(OTHER)),
        request=request("iam:GetRole", ROLE),
    ),
    case(
        "a token of the named branch",
        allowed(RESOURCE, "Main"),
        token_holder({SUBJECT: ("repo:acme/payments:ref:refs/heads/main",)}),
        BY_TOKEN,
        request=WEB_IDENTITY,
    ),
    case(
        "a token of another repository",
        silent(RESOURCE),
        token_holder({SUBJECT: ("repo:acme/web:ref:refs/heads/main",)}),
        BY_TOKEN,
        request=WEB_IDENTITY,
    ),
    case(
        "no service of the provider's name",
        silent(RESOURCE),
        service("cognito-identity.amazonaws.com"),
        trust("Pool", {"Federated": ["cognito-identity.amazonaws.com"]}, "sts:AssumeRoleWithWebIdentity"),
        request=WEB_IDENTITY,
    ),
]

GROUPS = {"keys": KEYS, "roles": ROLES}
