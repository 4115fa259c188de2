"""What AWS documents of a statement's elements, and what the project's own documents come to; as a table."""

from domain.iam.access import Caller, Policy, Source
from domain.iam.document import parse
from domain.iam.grants import (
    AccountGrant,
    Grant,
    OrganizationGrant,
    PullService,
    Registry,
    ServiceGrant,
    repository_policy,
)
from domain.kms import key_policy
from tests.domain.iam.calls import (
    ANOTHER_REPOSITORY,
    HOME,
    KEY,
    NOBODY,
    ORGANIZATION,
    OTHER,
    REPOSITORY,
    allow,
    allowed,
    case,
    denied,
    deny,
    on_resource,
    own,
    pull,
    request,
    root,
    service,
    session,
    silent,
    user,
)

IDENTITY, RESOURCE = Source.IDENTITY, Source.RESOURCE
OLD = "2008-10-17"
PULL = own(allow("Pull"), name="pull")
LOGIN = request("ecr:GetAuthorizationToken", "*")

# reference_policies_elements_action.html, reference_policies_elements_notaction.html
ACTIONS = [
    case("any letter case", user(own(allow("A", Action="ECR:batchgetimage"))), expected=allowed(IDENTITY, "A")),
    case("a wildcard", user(own(allow("A", Action="ecr:Batch*"))), expected=allowed(IDENTITY, "A")),
    case("one unknown character", user(own(allow("A", Action="ecr:BatchGetImag?"))), expected=allowed(IDENTITY, "A")),
    case("one, not none", user(own(allow("A", Action="ecr:BatchGetImage?"))), expected=silent(IDENTITY)),
    case("every action", user(own(allow("A", Action="*"))), expected=allowed(IDENTITY, "A")),
    case("another service", user(own(allow("A", Action="ecr-public:*"))), expected=silent(IDENTITY)),
    case("all but others", user(own(allow("A", NotAction="iam:*"))), expected=allowed(IDENTITY, "A")),
    case("all but it", user(own(allow("A", NotAction=["iam:*", "ECR:Batch*"]))), expected=silent(IDENTITY)),
    case("refused all but others", user(PULL, own(deny("D", NotAction="iam:*"))), expected=denied(IDENTITY, "D")),
]

# reference_policies_elements_resource.html, reference_policies_elements_notresource.html
RESOURCES = [
    case("by its ARN", user(own(allow("R", Resource=REPOSITORY))), expected=allowed(IDENTITY, "R")),
    case("another", user(own(allow("R", Resource=ANOTHER_REPOSITORY))), expected=silent(IDENTITY)),
    case(
        "letter case counts",
        user(own(allow("R", Resource=REPOSITORY.replace("api", "Api")))),
        expected=silent(IDENTITY),
    ),
    case(
        "across slashes",
        user(own(allow("R", Resource=f"arn:aws:ecr:*:{HOME}:repository/*"))),
        expected=allowed(IDENTITY, "R"),
    ),
    case(
        "another region",
        user(own(allow("R", Resource=f"arn:aws:ecr:eu-*:{HOME}:repository/*"))),
        expected=silent(IDENTITY),
    ),
    case("all but others", user(own(allow("R", NotResource=ANOTHER_REPOSITORY))), expected=allowed(IDENTITY, "R")),
    case("all but it", user(own(allow("R", NotResource=[ANOTHER_REPOSITORY, REPOSITORY]))), expected=silent(IDENTITY)),
    case("no resource, by *", user(own(allow("R", Action="ecr:*"))), request=LOGIN, expected=allowed(IDENTITY, "R")),
    case(
        "no resource, not by an ARN",
        user(own(allow("R", Action="ecr:*", Resource=REPOSITORY))),
        request=LOGIN,
        expected=silent(IDENTITY),
    ),
    case(
        "of a resource's policy",
        user(),
        on_resource(allow("R", Principal="*", Resource=REPOSITORY)),
        expected=allowed(RESOURCE, "R"),
    ),
    case(
        "of a registry's policy, another",
        user(),
        on_resource(allow("R", Principal="*", Resource=ANOTHER_REPOSITORY)),
        expected=silent(IDENTITY),
    ),
]

# reference_policies_variables.html
TAGGED = {"aws:PrincipalTag/team": ("payments",)}
TEAM = "repository/${aws:PrincipalTag/team}/*"
TEAM_OR_SHARED = "repository/${aws:PrincipalTag/team, 'shared'}/*"
SHARED = f"arn:aws:ecr:us-east-1:{HOME}:repository/shared/base"


def to_team(name: str = TEAM) -> Policy:
    return own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{name}"))


VARIABLES = [
    case("a tag", session(to_team(), context=TAGGED), expected=allowed(IDENTITY, "Team")),
    case("another tag", session(to_team(), context={"AWS:principaltag/TEAM": ("web",)}), expected=silent(IDENTITY)),
    case("no tag", session(to_team()), expected=silent(IDENTITY)),
    case(
        "no tag, refused all but the team's",
        session(PULL, own(deny("D", NotResource=f"arn:aws:ecr:us-east-1:{HOME}:{TEAM}"))),
        expected=allowed(IDENTITY, "Pull"),
    ),
    # "If AWS cannot resolve a variable this might cause the entire statement to be invalid."
    case(
        "no tag, refused all but the team's in another region",
        session(PULL, own(deny("D", NotResource=f"arn:aws:ecr:eu-west-1:{HOME}:{TEAM}"))),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case("a default", session(to_team(TEAM_OR_SHARED)), request=pull(SHARED), expected=allowed(IDENTITY, "Team")),
    case(
        "a default that is not needed",
        session(to_team(TEAM_OR_SHARED), context=TAGGED),
        request=pull(SHARED),
        expected=silent(IDENTITY),
    ),
    case(
        "a value brings no wildcard",
        session(to_team(), context={"aws:PrincipalTag/team": ("*",)}),
        expected=silent(IDENTITY),
    ),
    case(
        "in the name alone",
        user(own(allow("Own", Resource="arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:repository/*"))),
        expected=silent(IDENTITY),
    ),
    case(
        "the name of a user",
        user(own(allow("Own", Resource=f"arn:aws:ecr:us-east-1:{HOME}:repository/${{aws:username}}/*"))),
        request=pull(f"arn:aws:ecr:us-east-1:{HOME}:repository/ana/x"),
        expected=allowed(IDENTITY, "Own"),
    ),
    case(
        "in a condition",
        user(own(allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}))),
        expected=allowed(IDENTITY, "Own"),
    ),
    case(
        "in a condition, elsewhere",
        user(
            own(allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})),
            account=OTHER,
        ),
        on_resource(allow("ToAll", Principal="*")),
        expected=silent(IDENTITY),
    ),
]

# What no version but 2012-10-17 has. reference_policies_elements_version.html
OLD_VERSION = [
    case(
        "has no variables in a resource",
        session(own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{TEAM}"), version=OLD), context=TAGGED),
        expected=silent(IDENTITY),
    ),
    case(
        "has no variables in a condition",
        user(
            own(
                allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
                version=OLD,
            )
        ),
        expected=silent(IDENTITY),
    ),
    case("is else the same", user(own(allow("Pull"), version=OLD)), expected=allowed(IDENTITY, "Pull")),
]


def granted(*grants: Grant) -> Policy:
    document = repository_policy(grants, Registry(account=HOME, region="us-east-1"))
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
LAMBDA, CODEBUILD = "lambda.amazonaws.com", "codebuild.amazonaws.com"

GRANTS = [
    case("an account's puller", session(PULL, account=OTHER), TO_ACCOUNT, expected=allowed(RESOURCE, "PullByAccounts")),
    case("not without its own policy", session(account=OTHER), TO_ACCOUNT, expected=silent(IDENTITY)),
    case(
        "not to push",
        session(own(allow("All", Action="ecr:*")), account=OTHER),
        TO_ACCOUNT,
        request=request("ecr:PutImage", REPOSITORY),
        expected=silent(RESOURCE),
    ),
    case("a role", session(PULL, account=OTHER), TO_ROLE, expected=allowed(RESOURCE, "PullByAccounts")),
    case("not another of its account", user(PULL, account=OTHER), TO_ROLE, expected=silent(RESOURCE)),
    case(
        "a member of the organization",
        user(PULL, account=OTHER),
        TO_ORGANIZATION,
        expected=allowed(RESOURCE, "PullByOrganizations"),
    ),
    case("not without its own policy either", user(account=OTHER), TO_ORGANIZATION, expected=silent(IDENTITY)),
    case("nobody else", NOBODY, TO_ORGANIZATION, expected=silent(RESOURCE)),
    case("a service is in no organization", service(LAMBDA), TO_ORGANIZATION, expected=silent(RESOURCE)),
    case(
        "a function of the account",
        at_work(LAMBDA, FUNCTION, OTHER),
        TO_LAMBDA,
        expected=allowed(RESOURCE, "PullByLambda"),
    ),
    case(
        "not of another",
        at_work(LAMBDA, FUNCTION.replace(OTHER, "777788889999"), "777788889999"),
        TO_LAMBDA,
        expected=silent(RESOURCE),
    ),
    case("not without saying for whom", service(LAMBDA), TO_LAMBDA, expected=silent(RESOURCE)),
    case(
        "a project of the account",
        at_work(CODEBUILD, PROJECT, OTHER),
        TO_CODEBUILD,
        expected=allowed(RESOURCE, "PullByCodeBuild"),
    ),
    case("not with another's account", at_work(CODEBUILD, PROJECT, HOME), TO_CODEBUILD, expected=silent(RESOURCE)),
    case(
        "not of another project's account",
        at_work(CODEBUILD, PROJECT.replace(OTHER, HOME), OTHER),
        TO_CODEBUILD,
        expected=silent(RESOURCE),
    ),
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


def without(key: str) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in THROUGH_ECR.items() if name != key}


KEY_GRANTS = [
    case(
        "through ECR",
        user(KEYS_OF_ALL),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
        expected=allowed(IDENTITY, "Keys"),
    ),
    case(
        "through ECR, by root",
        root(),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
        expected=allowed(RESOURCE, "GrantToRegistry"),
    ),
    *(
        case(
            f"not without {key}",
            user(KEYS_OF_ALL),
            KEY_POLICY,
            request=request("kms:CreateGrant", KEY, without(key)),
            expected=silent(RESOURCE),
        )
        for key in THROUGH_ECR
    ),
    *(
        case(
            f"not with {key} as {values}",
            user(KEYS_OF_ALL),
            KEY_POLICY,
            request=request("kms:CreateGrant", KEY, {**THROUGH_ECR, key: values}),
            expected=silent(RESOURCE),
        )
        for key, values in {
            "kms:GrantIsForAWSResource": ("false",),
            "kms:ViaService": ("ecr.eu-west-1.amazonaws.com",),
            "kms:GrantConstraintType": ("EncryptionContextEquals",),
            "kms:EncryptionContext:aws:ecr:arn": (REPOSITORY.replace(HOME, OTHER),),
            "kms:GrantOperations": ("Decrypt", "Encrypt"),
        }.items()
    ),
    case(
        "not from another account",
        user(KEYS_OF_ALL, account=OTHER),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
        expected=silent(RESOURCE),
    ),
    *(
        case(f"never {action}", user(KEYS_OF_ALL), KEY_POLICY, request=request(action, KEY), expected=silent(RESOURCE))
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    ),
    case("never by root", root(), KEY_POLICY, request=request("kms:Decrypt", KEY), expected=silent(RESOURCE)),
    case(
        "it is administered",
        user(KEYS_OF_ALL),
        KEY_POLICY,
        request=request("kms:DescribeKey", KEY),
        expected=allowed(IDENTITY, "Keys"),
    ),
]

GROUPS = {
    "actions": ACTIONS,
    "resources": RESOURCES,
    "variables": VARIABLES,
    "old version": OLD_VERSION,
    "grants": GRANTS,
    "key grants": KEY_GRANTS,
}
