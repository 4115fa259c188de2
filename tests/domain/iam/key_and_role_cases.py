"""Key policies and trust policies: those that must allow a principal explicitly, even in its own account."""

from domain.iam.access import Caller, Policy, PolicyKind
from domain.iam.document import parse
from domain.kms import key_policy
from tests.domain.iam.calls import (
    HOME,
    KEY,
    OTHER,
    REPOSITORY,
    ROLE,
    TOKEN_PROVIDER,
    Case,
    Expected,
    account,
    allow,
    allowed,
    case,
    grants,
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
from tests.domain.iam.cases import PULL

IDENTITY, BOUNDARY, SESSION, RESOURCE, ROOT = PolicyKind

KEY_POLICY = Policy(name="registry key", document=parse(key_policy(account=HOME, region="us-east-1")))
KEYS_OF_ALL = own(allow("Keys", Action="kms:*"), name="keys")
GRANT_KEYS = {
    "kms:GrantIsForAWSResource": (("true",), ("false",)),
    "kms:ViaService": (("ecr.us-east-1.amazonaws.com",), ("ecr.eu-west-1.amazonaws.com",)),
    "kms:GrantConstraintType": (("EncryptionContextSubset",), ("EncryptionContextEquals",)),
    "kms:EncryptionContext:aws:ecr:arn": ((REPOSITORY,), (REPOSITORY.replace(HOME, OTHER),)),
    "kms:GrantOperations": (("GenerateDataKey", "Decrypt"), ("Decrypt", "Encrypt")),
}
"""What a request through ECR has for each key, and what it may not have."""
THROUGH_ECR = {key: right for key, (right, _) in GRANT_KEYS.items()}


def of_key(
    id: str,
    expected: Expected,
    action: str = "kms:CreateGrant",
    caller: Caller | None = None,
    context: dict[str, tuple[str, ...]] | None = None,
) -> Case:
    """A request to the registry's key; for a grant through ECR, by a user allowed everything, by default."""
    requested = request(action, KEY, THROUGH_ECR if context is None else context)
    return case(id, expected, caller or user(KEYS_OF_ALL), KEY_POLICY, request=requested)


KEY_GRANTS = [
    of_key("through ECR", allowed(IDENTITY, "Keys")),
    of_key("through ECR, by root", allowed(RESOURCE, "GrantToRegistry"), caller=root()),
    *(
        of_key(f"not without {key}", silent(RESOURCE), context={k: v for k, v in THROUGH_ECR.items() if k != key})
        for key in THROUGH_ECR
    ),
    *(
        of_key(f"not with {key} as {wrong}", silent(RESOURCE), context={**THROUGH_ECR, key: wrong})
        for key, (_, wrong) in GRANT_KEYS.items()
    ),
    of_key("not from another account", silent(RESOURCE), caller=user(KEYS_OF_ALL, account=OTHER)),
    *(of_key(f"never {each}", silent(RESOURCE), each, context={}) for each in ("kms:Decrypt", "kms:GenerateDataKey")),
    of_key("never by root", silent(RESOURCE), "kms:Decrypt", root(), {}),
    of_key("it is administered", allowed(IDENTITY, "Keys"), "kms:DescribeKey", context={}),
]

# https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: "No AWS principal, including the account root
# user or key creator, has any permissions to a KMS key unless they are explicitly allowed, and never denied, in a key
# policy, IAM policy, or grant. Unless the key policy explicitly allows it, you cannot use IAM policies to allow access
# to a KMS key."
DESCRIBES = own(allow("Describe", Action="kms:DescribeKey"), name="describes")
KEY_TO_HOME = grants("ToAccount", account(HOME), Action="kms:*", Resource="*")
KEY_TO_OTHER = grants("ToAccount", account(OTHER), Action="kms:*", Resource="*")
KEY_TO_ROLE = grants("ToRole", role_arn(), Action="kms:*", Resource="*")
KEY_TO_USER = grants("ToUser", user_arn(), Action="kms:*", Resource="*")
THEIR_READER = user(DESCRIBES, account=OTHER)


def of_describe(id: str, expected: Expected, caller: Caller, *policies: Policy) -> Case:
    return case(id, expected, caller, *policies, request=request("kms:DescribeKey", KEY))


ALIAS = request("kms:DeleteAlias", f"arn:aws:kms:us-east-1:{HOME}:alias/registry")
KEYS = [
    of_describe("no identity policy by itself", silent(RESOURCE), user(DESCRIBES)),
    of_describe("nor with a key policy for others", silent(RESOURCE), user(DESCRIBES), KEY_TO_OTHER),
    case("in any letter case", silent(RESOURCE), user(DESCRIBES), request=request("KMS:describeKey", KEY)),
    of_describe("with the account's share", allowed(IDENTITY, "Describe"), user(DESCRIBES), KEY_TO_HOME),
    of_describe("the account's share is not its people's", silent(IDENTITY), user(PULL), KEY_TO_HOME),
    of_describe("the key policy is enough for a user", allowed(RESOURCE, "ToUser"), user(), KEY_TO_USER),
    of_describe("and for a role", allowed(RESOURCE, "ToRole"), session(), KEY_TO_ROLE),
    of_describe("within its boundary", silent(BOUNDARY), session(boundary=PULL), KEY_TO_ROLE),
    of_describe("not even root", silent(RESOURCE), root(), KEY_TO_ROLE),
    of_describe("root by the account's share", allowed(RESOURCE, "ToAccount"), root(), KEY_TO_HOME),
    of_describe("across accounts both", allowed(RESOURCE, "ToAccount"), THEIR_READER, KEY_TO_OTHER),
    of_describe("across accounts not one", silent(RESOURCE), THEIR_READER, KEY_TO_HOME),
    case("no key has no key policy", allowed(IDENTITY, "A"), user(own(allow("A", Action="kms:*"))), request=ALIAS),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "IAM role trust policies and KMS key policies are
# exceptions to this logic, because they must explicitly allow access for principals."
ASSUME = request("sts:AssumeRole", ROLE)
ASSUMES = own(allow("Assume", Action="sts:AssumeRole"), name="assumes")


def trust(sid: str, principal: dict[str, list[str]], action: str = "sts:AssumeRole", **elements: object) -> Policy:
    return on_resource(allow(sid, Principal=principal, Action=action, **elements), name="trust")


SUBJECT = "token.actions.githubusercontent.com:sub"
TOKEN = request("sts:AssumeRoleWithWebIdentity", ROLE)


def of_branch(repository: str) -> Caller:
    return token_holder({SUBJECT: (f"repo:acme/{repository}:ref:refs/heads/main",)})


MAIN = {"StringLike": {SUBJECT: "repo:acme/payments:ref:refs/heads/*"}}
BY_TOKEN = trust("Main", {"Federated": [TOKEN_PROVIDER]}, TOKEN.action, Condition=MAIN)
POOL = "cognito-identity.amazonaws.com"
BY_POOL = trust("Pool", {"Federated": [POOL]}, TOKEN.action)
CLUSTER, OTHER_CLUSTER = (f"oidc.eks.us-east-1.amazonaws.com/id/{each}" for each in ("0A1B2C", "3D4E5F"))


def of_service_account(namespace: str, cluster: str = CLUSTER, audience: str = "sts.amazonaws.com") -> Caller:
    context = {f"{cluster}:sub": (f"system:serviceaccount:{namespace}:api",), f"{cluster}:aud": (audience,)}
    return token_holder(context, f"arn:aws:iam::{HOME}:oidc-provider/{CLUSTER}")


API = {f"{CLUSTER}:aud": "sts.amazonaws.com", f"{CLUSTER.upper()}:sub": "system:serviceaccount:payments:api"}
BY_CLUSTER = trust(
    "Api", {"Federated": [f"arn:aws:iam::{HOME}:oidc-provider/{CLUSTER}"]}, TOKEN.action,
    Condition={"StringEquals": API},
)  # fmt: skip
READER, READ = user(own(allow("Read", Action="iam:GetRole"))), request("iam:GetRole", ROLE)
TRUSTS_USER, TRUSTS_THEM = trust("T", to(user_arn())), trust("T", to(role_arn(OTHER)))
ROLES = [
    case("no identity policy by itself", silent(RESOURCE), user(ASSUMES), request=ASSUME),
    case("trust in the account", allowed(IDENTITY, "Assume"), user(ASSUMES), trust("T", to(HOME)), request=ASSUME),
    case("trust in the account alone", silent(IDENTITY), user(), trust("T", to(HOME)), request=ASSUME),
    case("trust in the user", allowed(RESOURCE, "T"), user(), TRUSTS_USER, request=ASSUME),
    case("trust in the role", allowed(RESOURCE, "T"), session(), trust("T", to(role_arn())), request=ASSUME),
    # id_roles_update-role-trust-policy.html: "If a permissions boundary is set for the user, then it must allow the
    # sts:AssumeRole action."
    case("trust in the user, within its boundary", silent(BOUNDARY), user(boundary=PULL), TRUSTS_USER, request=ASSUME),
    case("trust across accounts", allowed(RESOURCE, "T"), session(ASSUMES, account=OTHER), TRUSTS_THEM, request=ASSUME),
    case("another action needs no trust", allowed(IDENTITY, "Read"), READER, trust("T", to(OTHER)), request=READ),
    case("a token of the named branch", allowed(RESOURCE, "Main"), of_branch("payments"), BY_TOKEN, request=TOKEN),
    case("a token of another repository", silent(RESOURCE), of_branch("web"), BY_TOKEN, request=TOKEN),
    *(
        case(name, decision, who, BY_CLUSTER, request=TOKEN)
        for name, decision, who in (
            ("a service account's token", allowed(RESOURCE, "Api"), of_service_account("payments")),
            ("of another namespace", silent(RESOURCE), of_service_account("web")),
            ("for another audience", silent(RESOURCE), of_service_account("payments", audience="x")),
            ("with another cluster's keys", silent(RESOURCE), of_service_account("payments", OTHER_CLUSTER)),
            ("a token of another provider", silent(RESOURCE), of_branch("payments")),
        )
    ),
    case("no service of the provider's name", silent(RESOURCE), service(POOL), BY_POOL, request=TOKEN),
]

KEY_AND_ROLE_GROUPS = {"key grants": KEY_GRANTS, "keys": KEYS, "roles": ROLES}
