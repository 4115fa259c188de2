"""What AWS documents of a statement's elements, and what the project's own documents come to; as a table."""

from domain.aws import RegistryId
from domain.iam.access import Caller, Policy, Source
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
    case("any letter case", allowed(IDENTITY, "A"), user(own(allow("A", Action="ECR:batchgetimage")))),
    case("a wildcard", allowed(IDENTITY, "A"), user(own(allow("A", Action="ecr:Batch*")))),
    case("one unknown character", allowed(IDENTITY, "A"), user(own(allow("A", Action="ecr:BatchGetImag?")))),
    case("one, not none", silent(IDENTITY), user(own(allow("A", Action="ecr:BatchGetImage?")))),
    case("every action", allowed(IDENTITY, "A"), user(own(allow("A", Action="*")))),
    case("another service", silent(IDENTITY), user(own(allow("A", Action="ecr-public:*")))),
    case("all but others", allowed(IDENTITY, "A"), user(own(allow("A", NotAction="iam:*")))),
    case("all but it", silent(IDENTITY), user(own(allow("A", NotAction=["iam:*", "ECR:Batch*"])))),
    case("refused all but others", denied(IDENTITY, "D"), user(PULL, own(deny("D", NotAction="iam:*")))),
]

# reference_policies_elements_resource.html, reference_policies_elements_notresource.html
RESOURCES = [
    case("by its ARN", allowed(IDENTITY, "R"), user(own(allow("R", Resource=REPOSITORY)))),
    case("another", silent(IDENTITY), user(own(allow("R", Resource=ANOTHER_REPOSITORY)))),
    case("letter case counts", silent(IDENTITY), user(own(allow("R", Resource=REPOSITORY.replace("api", "Api"))))),
    case(
        "across slashes", allowed(IDENTITY, "R"), user(own(allow("R", Resource=f"arn:aws:ecr:*:{HOME}:repository/*")))
    ),
    case("another region", silent(IDENTITY), user(own(allow("R", Resource=f"arn:aws:ecr:eu-*:{HOME}:repository/*")))),
    case("all but others", allowed(IDENTITY, "R"), user(own(allow("R", NotResource=ANOTHER_REPOSITORY)))),
    case("all but it", silent(IDENTITY), user(own(allow("R", NotResource=[ANOTHER_REPOSITORY, REPOSITORY])))),
    case("no resource, by *", allowed(IDENTITY, "R"), user(own(allow("R", Action="ecr:*"))), request=LOGIN),
    case(
        "no resource, not by an ARN",
        silent(IDENTITY),
        user(own(allow("R", Action="ecr:*", Resource=REPOSITORY))),
        request=LOGIN,
    ),
    case(
        "of a resource's policy",
        allowed(RESOURCE, "R"),
        user(),
        on_resource(allow("R", Principal="*", Resource=REPOSITORY)),
    ),
    case(
        "of a registry's policy, another",
        silent(IDENTITY),
        user(),
        on_resource(allow("R", Principal="*", Resource=ANOTHER_REPOSITORY)),
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
    case("a tag", allowed(IDENTITY, "Team"), session(to_team(), context=TAGGED)),
    case("another tag", silent(IDENTITY), session(to_team(), context={"AWS:principaltag/TEAM": ("web",)})),
    case("no tag", silent(IDENTITY), session(to_team())),
    case(
        "no tag, refused all but the team's",
        allowed(IDENTITY, "Pull"),
        session(PULL, own(deny("D", NotResource=f"arn:aws:ecr:us-east-1:{HOME}:{TEAM}"))),
    ),
    # "If AWS cannot resolve a variable this might cause the entire statement to be invalid."
    case(
        "no tag, refused all but the team's in another region",
        allowed(IDENTITY, "Pull"),
        session(PULL, own(deny("D", NotResource=f"arn:aws:ecr:eu-west-1:{HOME}:{TEAM}"))),
    ),
    case("a default", allowed(IDENTITY, "Team"), session(to_team(TEAM_OR_SHARED)), request=pull(SHARED)),
    case(
        "a default that is not needed",
        silent(IDENTITY),
        session(to_team(TEAM_OR_SHARED), context=TAGGED),
        request=pull(SHARED),
    ),
    case("a value brings no wildcard", silent(IDENTITY), session(to_team(), context={"aws:PrincipalTag/team": ("*",)})),
    case(
        "in the name alone",
        silent(IDENTITY),
        user(own(allow("Own", Resource="arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:repository/*"))),
    ),
    case(
        "the name of a user",
        allowed(IDENTITY, "Own"),
        user(own(allow("Own", Resource=f"arn:aws:ecr:us-east-1:{HOME}:repository/${{aws:username}}/*"))),
        request=pull(f"arn:aws:ecr:us-east-1:{HOME}:repository/ana/x"),
    ),
    case(
        "in a condition",
        allowed(IDENTITY, "Own"),
        user(own(allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}))),
    ),
    case(
        "in a condition, elsewhere",
        silent(IDENTITY),
        user(
            own(allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})),
            account=OTHER,
        ),
        on_resource(allow("ToAll", Principal="*")),
    ),
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
        user(
            own(
                allow("Own", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
                version=OLD,
            )
        ),
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
LAMBDA, CODEBUILD = "lambda.amazonaws.com", "codebuild.amazonaws.com"

GRANTS = [
    case("an account's puller", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), TO_ACCOUNT),
    case("not without its own policy", silent(IDENTITY), session(account=OTHER), TO_ACCOUNT),
    case(
        "not to push",
        silent(RESOURCE),
        session(own(allow("All", Action="ecr:*")), account=OTHER),
        TO_ACCOUNT,
        request=request("ecr:PutImage", REPOSITORY),
    ),
    case("a role", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), TO_ROLE),
    case("not another of its account", silent(RESOURCE), user(PULL, account=OTHER), TO_ROLE),
    case(
        "a member of the organization",
        allowed(RESOURCE, "PullByOrganizations"),
        user(PULL, account=OTHER),
        TO_ORGANIZATION,
    ),
    case("not without its own policy either", silent(IDENTITY), user(account=OTHER), TO_ORGANIZATION),
    case("nobody else", silent(RESOURCE), NOBODY, TO_ORGANIZATION),
    case("a service is in no organization", silent(RESOURCE), service(LAMBDA), TO_ORGANIZATION),
    case("a function of the account", allowed(RESOURCE, "PullByLambda"), at_work(LAMBDA, FUNCTION, OTHER), TO_LAMBDA),
    case(
        "not of another",
        silent(RESOURCE),
        at_work(LAMBDA, FUNCTION.replace(OTHER, "777788889999"), "777788889999"),
        TO_LAMBDA,
    ),
    case("not without saying for whom", silent(RESOURCE), service(LAMBDA), TO_LAMBDA),
    case(
        "a project of the account",
        allowed(RESOURCE, "PullByCodeBuild"),
        at_work(CODEBUILD, PROJECT, OTHER),
        TO_CODEBUILD,
    ),
    case("not with another's account", silent(RESOURCE), at_work(CODEBUILD, PROJECT, HOME), TO_CODEBUILD),
    case(
        "not of another project's account",
        silent(RESOURCE),
        at_work(CODEBUILD, PROJECT.replace(OTHER, HOME), OTHER),
        TO_CODEBUILD,
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
        allowed(IDENTITY, "Keys"),
        user(KEYS_OF_ALL),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
    ),
    case(
        "through ECR, by root",
        allowed(RESOURCE, "GrantToRegistry"),
        root(),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
    ),
    *(
        case(
            f"not without {key}",
            silent(RESOURCE),
            user(KEYS_OF_ALL),
            KEY_POLICY,
            request=request("kms:CreateGrant", KEY, without(key)),
        )
        for key in THROUGH_ECR
    ),
    *(
        case(
            f"not with {key} as {values}",
            silent(RESOURCE),
            user(KEYS_OF_ALL),
            KEY_POLICY,
            request=request("kms:CreateGrant", KEY, {**THROUGH_ECR, key: values}),
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
        silent(RESOURCE),
        user(KEYS_OF_ALL, account=OTHER),
        KEY_POLICY,
        request=request("kms:CreateGrant", KEY, THROUGH_ECR),
    ),
    *(
        case(f"never {action}", silent(RESOURCE), user(KEYS_OF_ALL), KEY_POLICY, request=request(action, KEY))
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    ),
    case("never by root", silent(RESOURCE), root(), KEY_POLICY, request=request("kms:Decrypt", KEY)),
    case(
        "it is administered",
        allowed(IDENTITY, "Keys"),
        user(KEYS_OF_ALL),
        KEY_POLICY,
        request=request("kms:DescribeKey", KEY),
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
