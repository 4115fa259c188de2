"""What AWS documents of a statement's elements, of keys and of roles, and what the project's own documents come to."""

from domain.aws import RegistryId
from domain.iam.access import Caller, Policy, PolicyKind
from domain.iam.document import parse
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant, repository_policy
from domain.kms import key_policy
from tests.domain.iam.calls import (
    ANOTHER_REPOSITORY,
    HOME,
    KEY,
    NOBODY,
    ORGANIZATION,
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
    denied,
    deny,
    grants,
    on_resource,
    own,
    pull,
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

IDENTITY, BOUNDARY, _, RESOURCE, _ = PolicyKind
OLD = "2008-10-17"
PULL = own(allow("Pull"), name="pull")
LOGIN = request("ecr:GetAuthorizationToken", "*")
ANY_ON_IT = own(allow("R", Action="ecr:*", Resource=REPOSITORY))


def of_user(id: str, expected: Expected, **elements: object) -> Case:
    """A user's own statement, of the name that is expected."""
    return case(id, expected, user(own(allow(expected.sid or "S", **elements))))


# reference_policies_elements_action.html, reference_policies_elements_notaction.html
ACTIONS = [
    of_user("any letter case", allowed(IDENTITY, "A"), Action="ECR:batchgetimage"),
    of_user("a wildcard", allowed(IDENTITY, "A"), Action="ecr:Batch*"),
    of_user("one unknown character", allowed(IDENTITY, "A"), Action="ecr:BatchGetImag?"),
    of_user("one, not none", silent(IDENTITY), Action="ecr:BatchGetImage?"),
    of_user("every action", allowed(IDENTITY, "A"), Action="*"),
    of_user("another service", silent(IDENTITY), Action="ecr-public:*"),
    of_user("all but others", allowed(IDENTITY, "A"), NotAction="iam:*"),
    of_user("all but it", silent(IDENTITY), NotAction=["iam:*", "ECR:Batch*"]),
    case("refused all but others", denied(IDENTITY, "D"), user(PULL, own(deny("D", NotAction="iam:*")))),
]

# reference_policies_elements_resource.html, reference_policies_elements_notresource.html
RESOURCES = [
    of_user("by its ARN", allowed(IDENTITY, "R"), Resource=REPOSITORY),
    of_user("another", silent(IDENTITY), Resource=ANOTHER_REPOSITORY),
    of_user("letter case counts", silent(IDENTITY), Resource=REPOSITORY.replace("api", "Api")),
    of_user("across slashes", allowed(IDENTITY, "R"), Resource=f"arn:aws:ecr:*:{HOME}:repository/*"),
    of_user("another region", silent(IDENTITY), Resource=f"arn:aws:ecr:eu-*:{HOME}:repository/*"),
    of_user("all but others", allowed(IDENTITY, "R"), NotResource=ANOTHER_REPOSITORY),
    of_user("all but it", silent(IDENTITY), NotResource=[ANOTHER_REPOSITORY, REPOSITORY]),
    case("no resource, by *", allowed(IDENTITY, "R"), user(own(allow("R", Action="ecr:*"))), request=LOGIN),
    case("no resource, not by an ARN", silent(IDENTITY), user(ANY_ON_IT), request=LOGIN),
    case("of a resource's policy", allowed(RESOURCE, "R"), user(), grants("R", Resource=REPOSITORY)),
    case("of a registry's policy, another", silent(IDENTITY), user(), grants("R", Resource=ANOTHER_REPOSITORY)),
]

# reference_policies_variables.html
TAGGED = {"aws:PrincipalTag/team": ("payments",)}
TEAM = "repository/${aws:PrincipalTag/team}/*"
TEAM_OR_SHARED = "repository/${aws:PrincipalTag/team, 'shared'}/*"
SHARED = f"arn:aws:ecr:us-east-1:{HOME}:repository/shared/base"
OWN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
OF_ACCOUNT = own(allow("Own", Condition=OWN_ACCOUNT))


def to_team(name: str = TEAM) -> Policy:
    return own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{name}"))


def only_team(region: str) -> Policy:
    return own(deny("D", NotResource=f"arn:aws:ecr:{region}:{HOME}:{TEAM}"))


VARIABLES = [
    case("a tag", allowed(IDENTITY, "Team"), session(to_team(), context=TAGGED)),
    case("another tag", silent(IDENTITY), session(to_team(), context={"AWS:principaltag/TEAM": ("web",)})),
    case("no tag", silent(IDENTITY), session(to_team())),
    case("no tag, refused all but the team's", allowed(IDENTITY, "Pull"), session(PULL, only_team("us-east-1"))),
    # "If AWS cannot resolve a variable this might cause the entire statement to be invalid."
    case(
        "no tag, refused all but the team's in another region",
        allowed(IDENTITY, "Pull"),
        session(PULL, only_team("eu-west-1")),
    ),
    case("a default", allowed(IDENTITY, "Team"), session(to_team(TEAM_OR_SHARED)), request=pull(SHARED)),
    case(
        "a default that is not needed",
        silent(IDENTITY),
        session(to_team(TEAM_OR_SHARED), context=TAGGED),
        request=pull(SHARED),
    ),
    case("a value brings no wildcard", silent(IDENTITY), session(to_team(), context={"aws:PrincipalTag/team": ("*",)})),
    of_user("in the name alone", silent(IDENTITY), Resource="arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:*"),
    case(
        "the name of a user",
        allowed(IDENTITY, "Own"),
        user(own(allow("Own", Resource=f"arn:aws:ecr:us-east-1:{HOME}:repository/${{aws:username}}/*"))),
        request=pull(f"arn:aws:ecr:us-east-1:{HOME}:repository/ana/x"),
    ),
    case("in a condition", allowed(IDENTITY, "Own"), user(OF_ACCOUNT)),
    case("in a condition, elsewhere", silent(IDENTITY), user(OF_ACCOUNT, account=OTHER), grants("ToAll")),
]

# What no version but 2012-10-17 has. reference_policies_elements_version.html
OLD_VERSION = [
    case(
        "has no variables in a resource",
        silent(IDENTITY),
        session(own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{TEAM}"), version=OLD), context=TAGGED),
    ),
    case(
        "has no variables in a condition",
        silent(IDENTITY),
        user(own(allow("Own", Condition=OWN_ACCOUNT), version=OLD)),
    ),
    case("is else the same", allowed(IDENTITY, "Pull"), user(own(allow("Pull"), version=OLD))),
]


def granted(*grants: Grant) -> Policy:
    document = repository_policy(grants, RegistryId(account=HOME, region="us-east-1"))
    assert document is not None
    return Policy(name="payments/api", document=parse(document))


def at_work(service_name: str, source: str, of: str) -> Caller:
    return service(service_name, {"aws:SourceArn": (source,), "aws:SourceAccount": (of,)})


TO_ACCOUNT = granted(AccountGrant(account=OTHER))
TO_ROLE = granted(AccountGrant(account=OTHER, role="teams/puller"))
TO_ORGANIZATION = granted(OrganizationGrant(organization=ORGANIZATION))
TO_LAMBDA = granted(ServiceGrant(service=PullService.LAMBDA, account=OTHER))
TO_CODEBUILD = granted(ServiceGrant(service=PullService.CODEBUILD, account=OTHER))
FUNCTION = f"arn:aws:lambda:us-east-1:{OTHER}:function:resize"
PROJECT = f"arn:aws:codebuild:us-east-1:{OTHER}:project/resize"
OUR_PROJECT = PROJECT.replace(OTHER, HOME)
BY_CODEBUILD, BY_ORGANIZATION = allowed(RESOURCE, "PullByCodeBuild"), allowed(RESOURCE, "PullByOrganizations")
ALL, PUSH = own(allow("All", Action="ecr:*")), request("ecr:PutImage", REPOSITORY)
THIRD = "777788889999"
LAMBDA, CODEBUILD = "lambda.amazonaws.com", "codebuild.amazonaws.com"

GRANTS = [
    case("an account's puller", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), TO_ACCOUNT),
    case("not without its own policy", silent(IDENTITY), session(account=OTHER), TO_ACCOUNT),
    case("not to push", silent(RESOURCE), session(ALL, account=OTHER), TO_ACCOUNT, request=PUSH),
    case("a role", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), TO_ROLE),
    case("not another of its account", silent(RESOURCE), user(PULL, account=OTHER), TO_ROLE),
    case("a member of the organization", BY_ORGANIZATION, user(PULL, account=OTHER), TO_ORGANIZATION),
    case("not without its own policy either", silent(IDENTITY), user(account=OTHER), TO_ORGANIZATION),
    case("nobody else", silent(RESOURCE), NOBODY, TO_ORGANIZATION),
    case("a service is in no organization", silent(RESOURCE), service(LAMBDA), TO_ORGANIZATION),
    case("a function of the account", allowed(RESOURCE, "PullByLambda"), at_work(LAMBDA, FUNCTION, OTHER), TO_LAMBDA),
    case("not of another", silent(RESOURCE), at_work(LAMBDA, FUNCTION.replace(OTHER, THIRD), THIRD), TO_LAMBDA),
    case("not without saying for whom", silent(RESOURCE), service(LAMBDA), TO_LAMBDA),
    case("a project of the account", BY_CODEBUILD, at_work(CODEBUILD, PROJECT, OTHER), TO_CODEBUILD),
    case("not with another's account", silent(RESOURCE), at_work(CODEBUILD, PROJECT, HOME), TO_CODEBUILD),
    case("not of another project's account", silent(RESOURCE), at_work(CODEBUILD, OUR_PROJECT, OTHER), TO_CODEBUILD),
]

KEY_POLICY = Policy(name="registry key", document=parse(key_policy(account=HOME, region="us-east-1")))
KEYS_OF_ALL = own(allow("Keys", Action="kms:*"), name="keys")
THROUGH_ECR = {
    "kms:GrantIsForAWSResource": ("true",),
    "kms:ViaService": ("ecr.us-east-1.amazonaws.com",),
    "kms:GrantConstraintType": ("EncryptionContextSubset",),
    "kms:EncryptionContext:aws:ecr:arn": (REPOSITORY,),
    "kms:GrantOperations": ("GenerateDataKey", "Decrypt"),
}


OTHERWISE = {
    "kms:GrantIsForAWSResource": ("false",),
    "kms:ViaService": ("ecr.eu-west-1.amazonaws.com",),
    "kms:GrantConstraintType": ("EncryptionContextEquals",),
    "kms:EncryptionContext:aws:ecr:arn": (REPOSITORY.replace(HOME, OTHER),),
    "kms:GrantOperations": ("Decrypt", "Encrypt"),
}


def of_key(
    id: str,
    expected: Expected,
    action: str = "kms:CreateGrant",
    caller: Caller | None = None,
    context: dict[str, tuple[str, ...]] | None = None,
) -> Case:
    """Asked of the registry's key; of a grant through ECR, by a user who may all, where nothing else is said."""
    asked = request(action, KEY, THROUGH_ECR if context is None else context)
    return case(id, expected, caller or user(KEYS_OF_ALL), KEY_POLICY, request=asked)


KEY_GRANTS = [
    of_key("through ECR", allowed(IDENTITY, "Keys")),
    of_key("through ECR, by root", allowed(RESOURCE, "GrantToRegistry"), caller=root()),
    *(
        of_key(f"not without {key}", silent(RESOURCE), context={k: v for k, v in THROUGH_ECR.items() if k != key})
        for key in THROUGH_ECR
    ),
    *(of_key(f"not with {k} as {v}", silent(RESOURCE), context={**THROUGH_ECR, k: v}) for k, v in OTHERWISE.items()),
    of_key("not from another account", silent(RESOURCE), caller=user(KEYS_OF_ALL, account=OTHER)),
    of_key("never kms:Decrypt", silent(RESOURCE), "kms:Decrypt", context={}),
    of_key("never kms:Encrypt", silent(RESOURCE), "kms:Encrypt", context={}),
    of_key("never kms:GenerateDataKey", silent(RESOURCE), "kms:GenerateDataKey", context={}),
    of_key("never by root", silent(RESOURCE), "kms:Decrypt", root(), {}),
    of_key("it is administered", allowed(IDENTITY, "Keys"), "kms:DescribeKey", context={}),
]

# https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: "No AWS principal, including the account root
# user or key creator, has any permissions to a KMS key unless they are explicitly allowed, and never denied, in a key
# policy, IAM policy, or grant. Unless the key policy explicitly allows it, you cannot use IAM policies to allow access
# to a KMS key."
DESCRIBE = request("kms:DescribeKey", KEY)
DESCRIBES = own(allow("Describe", Action="kms:DescribeKey"), name="describes")
KEY_TO_HOME = grants("ToAccount", account(HOME), Action="kms:*", Resource="*")
KEY_TO_OTHER = grants("ToAccount", account(OTHER), Action="kms:*", Resource="*")
KEY_TO_ROLE = grants("ToRole", role_arn(), Action="kms:*", Resource="*")
KEY_TO_USER = grants("ToUser", user_arn(), Action="kms:*", Resource="*")
THEIRS = user(DESCRIBES, account=OTHER)
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
    case("across accounts both", allowed(RESOURCE, "ToAccount"), THEIRS, KEY_TO_OTHER, request=DESCRIBE),
    case("across accounts not one", silent(RESOURCE), THEIRS, KEY_TO_HOME, request=DESCRIBE),
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


SUBJECT = "token.actions.githubusercontent.com:sub"
TOKEN = request("sts:AssumeRoleWithWebIdentity", ROLE)


def of_branch(repository: str) -> Caller:
    return token_holder({SUBJECT: (f"repo:acme/{repository}:ref:refs/heads/main",)})


MAIN = {"StringLike": {SUBJECT: "repo:acme/payments:ref:refs/heads/*"}}
BY_TOKEN = trust("Main", {"Federated": [TOKEN_PROVIDER]}, TOKEN.action, Condition=MAIN)
POOL = "cognito-identity.amazonaws.com"
BY_POOL = trust("Pool", {"Federated": [POOL]}, TOKEN.action)
TO_USER, TO_THEIRS = trust("T", to(user_arn())), trust("T", to(role_arn(OTHER)))
ROLES = [
    case("no identity policy by itself", silent(RESOURCE), user(ASSUMES), request=ASSUME),
    case("trust in the account", allowed(IDENTITY, "Assume"), user(ASSUMES), trust("T", to(HOME)), request=ASSUME),
    case("trust in the account alone", silent(IDENTITY), user(), trust("T", to(HOME)), request=ASSUME),
    case("trust in the user", allowed(RESOURCE, "T"), user(), TO_USER, request=ASSUME),
    case("trust in the role", allowed(RESOURCE, "T"), session(), trust("T", to(role_arn())), request=ASSUME),
    # id_roles_update-role-trust-policy.html: "If a permissions boundary is set for the user, then it must allow the
    # sts:AssumeRole action."
    case("trust in the user, within its boundary", silent(BOUNDARY), user(boundary=PULL), TO_USER, request=ASSUME),
    case("trust across accounts", allowed(RESOURCE, "T"), session(ASSUMES, account=OTHER), TO_THEIRS, request=ASSUME),
    case(
        "another action on a role asks for no trust",
        allowed(IDENTITY, "Read"),
        user(own(allow("Read", Action="iam:GetRole"))),
        trust("T", to(OTHER)),
        request=request("iam:GetRole", ROLE),
    ),
    case("a token of the named branch", allowed(RESOURCE, "Main"), of_branch("payments"), BY_TOKEN, request=TOKEN),
    case("a token of another repository", silent(RESOURCE), of_branch("web"), BY_TOKEN, request=TOKEN),
    case("no service of the provider's name", silent(RESOURCE), service(POOL), BY_POOL, request=TOKEN),
]

GROUPS = {
    "actions": ACTIONS, "resources": RESOURCES, "variables": VARIABLES, "old version": OLD_VERSION, "grants": GRANTS,
    "key grants": KEY_GRANTS, "keys": KEYS, "roles": ROLES,
}  # fmt: skip
