"""What AWS documents of its answers, as a table: https://docs.aws.amazon.com/IAM/latest/UserGuide/ and the page named
above each group; and what the project's own documents come to."""

from domain.aws import RegistryId
from domain.iam.access import Caller, Policy, PolicyKind
from domain.iam.document import parse
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant, repository_policy
from tests.domain.iam.calls import (
    ANOTHER_REPOSITORY,
    HOME,
    ORGANIZATION,
    OTHER,
    REPOSITORY,
    UNSIGNED,
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
    refuses,
    request,
    role_arn,
    root,
    service,
    session,
    session_arn,
    silent,
    to,
    user,
    user_arn,
)

IDENTITY, BOUNDARY, SESSION, RESOURCE, ROOT = PolicyKind

PULL = own(allow("Pull"), name="pull")
NOTHING = own(allow("Login", Action="ecr:GetAuthorizationToken"), name="nothing")
PULLS_REFUSED = own(deny("NoPull"), name="refused")
TO_ALL = grants("ToAll")
TO_HOME = grants("ToAccount", account(HOME))
TO_OTHER = grants("ToAccount", OTHER)
TO_USER = grants("ToUser", user_arn())
TO_ROLE = grants("ToRole", role_arn())
TO_SESSION = grants("ToSession", session_arn())
TO_BOTH = on_resource(allow("ToRole", Principal=to(role_arn())), allow("ToSession", Principal=to(session_arn())))
ALL_BUT_ANA = on_resource(allow("ToAll", Principal="*"), deny("NotAna", Principal=to(user_arn())))
IN_ROLE = {"ArnEquals": {"aws:PrincipalArn": role_arn()}}
NOT_ANA = refuses("NotAna", user_arn())
LAMBDA = "lambda.amazonaws.com"
TO_LAMBDA = on_resource(allow("L", Principal={"Service": LAMBDA}))
TO_THEIR_USER = grants("ToUser", user_arn(OTHER))
TO_THEIR_ROLE = grants("ToRole", role_arn(OTHER))
TO_THEIR_BUILD = grants("ToSession", session_arn(OTHER))
ANOTHER_SESSION = session_arn(name="build-8")
THEIRS = user(PULL, account=OTHER)
"""Of the other account, with all that its own side says."""
BOUND = session(boundary=NOTHING)
LIMITED = session(boundary=NOTHING, within=[NOTHING])

# reference_policies_evaluation-logic_policy-eval-basics.html: "If either the identity-based policy or the
# resource-based policy within the same account allows the request and the other doesn't, the request is still allowed."
SAME_ACCOUNT = [
    case("no policy says anything", silent(IDENTITY), user()),
    case("an identity policy is enough", allowed(IDENTITY, "Pull"), user(PULL)),
    case("any one of the identity policies is enough", allowed(IDENTITY, "Pull"), user(NOTHING, PULL)),
    case("another action", silent(IDENTITY), user(PULL), request=request("ecr:PutImage", REPOSITORY)),
    case("a grant to the user is enough", allowed(RESOURCE, "ToUser"), user(), TO_USER),
    case("a grant to the role is enough", allowed(RESOURCE, "ToRole"), session(), TO_ROLE),
    case("a grant to the session is enough", allowed(RESOURCE, "ToSession"), session(), TO_SESSION),
    case("a grant to any principal is enough", allowed(RESOURCE, "ToAll"), user(), TO_ALL),
    case("a grant to the account waits for its policies", silent(IDENTITY), user(), TO_HOME),
    case("and is content with them", allowed(IDENTITY, "Pull"), user(PULL), TO_HOME),
    case("a grant to another account is none", silent(IDENTITY), user(), TO_OTHER),
    case("a grant to another user is none", silent(IDENTITY), session(), TO_USER),
    case("a grant to another session of the role is none", silent(IDENTITY), session(), grants("A", ANOTHER_SESSION)),
    case("a grant to a role of the same name elsewhere is none", silent(IDENTITY), session(), TO_THEIR_ROLE),
    case("the nearest of two grants decides", allowed(RESOURCE, "ToSession"), BOUND, TO_BOTH),
    case("and the nearest of its principals", allowed(RESOURCE, "B"), BOUND, grants("B", role_arn(), session_arn())),
    case("two policies of the resource are one", allowed(RESOURCE, "ToUser"), user(), grants("Others", OTHER), TO_USER),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "If the enforcement code finds even one explicit deny
# that applies, the enforcement code returns a final decision of Deny."
EXPLICIT_DENY = [
    case("by an identity policy", denied(IDENTITY, "NoPull"), user(PULL, PULLS_REFUSED), TO_USER),
    case("by the boundary", denied(BOUNDARY, "NoPull"), user(PULL, boundary=PULLS_REFUSED), TO_USER),
    case("by a session policy", denied(SESSION, "NoPull"), session(PULL, within=[PULLS_REFUSED]), TO_SESSION),
    case("by the resource's policy", denied(RESOURCE, "NotAna"), user(PULL), ALL_BUT_ANA),
    case("by a second policy of the resource", denied(RESOURCE, "NotAna"), user(PULL), TO_ALL, NOT_ANA),
    case("by the resource's policy, to the account", denied(RESOURCE, "NotHere"), user(PULL), refuses("NotHere", HOME)),
    case("by the resource's policy, to the root user too", denied(RESOURCE, "NoOne"), root(), refuses("NoOne")),
    case("of another action does nothing", allowed(IDENTITY, "Pull"), user(PULL, own(deny("D", Action="ecr:Put*")))),
    case("to another principal does nothing", allowed(IDENTITY, "Pull"), session(PULL), NOT_ANA),
    case("wins from across accounts too", denied(RESOURCE, "NotThem"), THEIRS, TO_ALL, refuses("NotThem", OTHER)),
]

# The same page, "Resource-based policies and implicit denies in other policy types (same account)": a grant to a role's
# ARN is limited by an implicit deny in a boundary or session policy; one to a session's or a user's own ARN is not.
# reference_policies_elements_principal.html: nor is one to "*".
LIMITS = [
    case("the boundary is silent", silent(BOUNDARY), user(PULL, boundary=NOTHING)),
    case("the boundary allows", allowed(IDENTITY, "Pull"), user(PULL, boundary=PULL)),
    case("the boundary grants nothing", silent(IDENTITY), user(boundary=PULL)),
    case("the session policy is silent", silent(SESSION), session(PULL, within=[NOTHING])),
    case("the session policy allows", allowed(IDENTITY, "Pull"), session(PULL, within=[PULL])),
    case("one of two session policies allows", allowed(IDENTITY, "Pull"), session(PULL, within=[NOTHING, PULL])),
    case("the session policy grants nothing", silent(IDENTITY), session(within=[PULL])),
    case("both have to allow", silent(SESSION), session(PULL, boundary=PULL, within=[NOTHING])),
    case("the boundary is named first", silent(BOUNDARY), session(PULL, boundary=NOTHING, within=[NOTHING])),
    case("no boundary limits a grant to the user", allowed(RESOURCE, "ToUser"), user(boundary=NOTHING), TO_USER),
    case("neither limits a grant to the session", allowed(RESOURCE, "ToSession"), LIMITED, TO_SESSION),
    case("neither limits a grant to all", allowed(RESOURCE, "ToAll"), LIMITED, grants("ToAll", Condition=IN_ROLE)),
    case("the boundary limits a grant to the role", silent(BOUNDARY), BOUND, TO_ROLE),
    case("the session policy limits a grant to the role", silent(SESSION), session(within=[NOTHING]), TO_ROLE),
    case("a grant to the role in both", allowed(RESOURCE, "ToRole"), session(boundary=PULL, within=[PULL]), TO_ROLE),
    case("a grant to the account is limited", silent(BOUNDARY), user(PULL, boundary=NOTHING), TO_HOME),
]

# reference_policies_evaluation-logic-cross-account.html: "The request is allowed only if both evaluations return a
# decision of Allow."
ACROSS_ACCOUNTS = [
    case("both sides allow, by account", allowed(RESOURCE, "ToAccount"), THEIRS, TO_OTHER),
    case("both sides allow, by user", allowed(RESOURCE, "ToUser"), THEIRS, TO_THEIR_USER),
    case("both sides allow, by role", allowed(RESOURCE, "ToRole"), session(PULL, account=OTHER), TO_THEIR_ROLE),
    case("both sides allow, by session", allowed(RESOURCE, "ToSession"), session(PULL, account=OTHER), TO_THEIR_BUILD),
    case("both sides allow, to all", allowed(RESOURCE, "ToAll"), THEIRS, TO_ALL),
    case("the caller's side is silent", silent(IDENTITY), user(account=OTHER), TO_OTHER),
    case("the caller's side is silent of a grant to the user", silent(IDENTITY), user(account=OTHER), TO_THEIR_USER),
    case("the resource's side is silent", silent(RESOURCE), THEIRS, TO_HOME),
    case("the resource has no policy", silent(RESOURCE), THEIRS),
    case("limited by the boundary", silent(BOUNDARY), user(PULL, account=OTHER, boundary=NOTHING), TO_THEIR_USER),
    case("limited by the session's", silent(SESSION), session(PULL, account=OTHER, within=[NOTHING]), TO_THEIR_BUILD),
    case("the other account's root is its account", allowed(RESOURCE, "ToAccount"), root(OTHER), TO_OTHER),
    case("and has nothing without a grant", silent(RESOURCE), root(OTHER), TO_HOME),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "By default, all requests are implicitly denied with
# the exception of the AWS account root user, which has full access."
ROOT_USER = [
    case("is allowed everything in its account", allowed(ROOT), root()),
    case("whatever the resource's policy leaves out", allowed(ROOT), root(), TO_OTHER),
]

# reference_policies_elements_principal.html
MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
PRINCIPALS = [
    case("a service by its name", allowed(RESOURCE, "L"), service(LAMBDA), TO_LAMBDA),
    case("not another service", silent(RESOURCE), service("ecs.amazonaws.com"), TO_LAMBDA),
    case("no service by an account", silent(RESOURCE), service(LAMBDA), TO_HOME),
    case("no user by a service", silent(IDENTITY), user(), TO_LAMBDA),
    case("a service refused with all", denied(RESOURCE, "None"), service(LAMBDA), TO_LAMBDA, refuses("None")),
    case("a grant to all is to anonymous callers too", allowed(RESOURCE, "ToAll"), UNSIGNED, TO_ALL),
    case("they have no account", silent(RESOURCE), UNSIGNED, TO_HOME),
    case("nor an organization", silent(RESOURCE), UNSIGNED, grants("Ours", Condition=MEMBERS)),
    case("no wildcard but a whole one", allowed(RESOURCE, "W"), UNSIGNED, grants("W", "*")),
    case("a policy of the caller names no one here", silent(IDENTITY), user(), own(allow("NoOne"))),
]


def refused_unless(*names: str) -> Policy:
    return on_resource(deny("All", NotPrincipal=to(*names)))


# reference_policies_elements_notprincipal.html
BUT_PULLER = refused_unless(session_arn(), role_arn(), account(HOME))
ALL_BUT_THEM = on_resource(allow("NotThem", NotPrincipal=to(OTHER)))
BUT_LAMBDA = on_resource(deny("All", NotPrincipal={"Service": LAMBDA}))
REFUSED = denied(RESOURCE, "All")
NOT_PRINCIPAL = [
    # "AWS might validate the account first, then the role, and then the assumed-role user."
    case("a session is spared with its role and account", allowed(IDENTITY, "Pull"), session(PULL), BUT_PULLER),
    case("a session by itself is not", REFUSED, session(PULL), refused_unless(session_arn())),
    case("a session without its role is not", REFUSED, session(PULL), refused_unless(session_arn(), HOME)),
    case("a session without its account is not", REFUSED, session(PULL), refused_unless(session_arn(), role_arn())),
    case("another session of it is not", REFUSED, session(PULL), refused_unless(ANOTHER_SESSION, role_arn(), HOME)),
    case("a user is spared with its account", allowed(IDENTITY, "Pull"), user(PULL), refused_unless(user_arn(), HOME)),
    case("a user without its account is not", REFUSED, user(PULL), refused_unless(user_arn())),
    case("an account's user by the account alone is not", REFUSED, user(PULL), refused_unless(HOME)),
    case("an account's root is spared by the account", allowed(ROOT), root(), refused_unless(HOME)),
    case("all are spared", allowed(IDENTITY, "Pull"), session(PULL), refused_unless("*")),
    case("a service is spared by its name", allowed(RESOURCE, "ToAll"), service(LAMBDA), TO_ALL, BUT_LAMBDA),
    case("others are refused", REFUSED, THEIRS, BUT_PULLER),
    case("anonymous callers are refused", REFUSED, UNSIGNED, BUT_PULLER),
    # access_policies_boundaries.html: it "will always deny any IAM principal that has a permissions boundary policy
    # attached, regardless of the values specified in the NotPrincipal element".
    case("a boundary makes it refuse the named as well", REFUSED, session(PULL, boundary=PULL), BUT_PULLER),
    case("with Allow it grants to all but the named", allowed(RESOURCE, "NotThem"), user(), ALL_BUT_THEM),
    case("with Allow it grants nothing to the named", silent(RESOURCE), THEIRS, ALL_BUT_THEM),
    case("with Allow no boundary matters", silent(RESOURCE), user(PULL, account=OTHER, boundary=PULL), ALL_BUT_THEM),
]

OLD = "2008-10-17"
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
SHARED = pull(f"arn:aws:ecr:us-east-1:{HOME}:repository/shared/base")
OWN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
OF_ACCOUNT = own(allow("Own", Condition=OWN_ACCOUNT))


def to_team(name: str = TEAM) -> Policy:
    return own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{name}"))


def only_team(region: str) -> Policy:
    return own(deny("D", NotResource=f"arn:aws:ecr:{region}:{HOME}:{TEAM}"))


OLD_TEAM = own(allow("Team", Resource=f"arn:aws:ecr:us-east-1:{HOME}:{TEAM}"), version=OLD)
OF_NAME = own(allow("Own", Resource=f"arn:aws:ecr:us-east-1:{HOME}:repository/${{aws:username}}/*"))
OF_ANA = pull(f"arn:aws:ecr:us-east-1:{HOME}:repository/ana/x")
VARIABLES = [
    case("a tag", allowed(IDENTITY, "Team"), session(to_team(), context=TAGGED)),
    case("another tag", silent(IDENTITY), session(to_team(), context={"AWS:principaltag/TEAM": ("web",)})),
    case("no tag", silent(IDENTITY), session(to_team())),
    case("no tag, refused all but the team's", allowed(IDENTITY, "Pull"), session(PULL, only_team("us-east-1"))),
    # "If AWS cannot resolve a variable this might cause the entire statement to be invalid."
    case("no tag, refused all but elsewhere", allowed(IDENTITY, "Pull"), session(PULL, only_team("eu-west-1"))),
    case("a default", allowed(IDENTITY, "Team"), session(to_team(TEAM_OR_SHARED)), request=SHARED),
    case("a default not needed", silent(IDENTITY), session(to_team(TEAM_OR_SHARED), context=TAGGED), request=SHARED),
    case("a value brings no wildcard", silent(IDENTITY), session(to_team(), context={"aws:PrincipalTag/team": ("*",)})),
    of_user("in the name alone", silent(IDENTITY), Resource="arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:*"),
    case("the name of a user", allowed(IDENTITY, "Own"), user(OF_NAME), request=OF_ANA),
    case("in a condition", allowed(IDENTITY, "Own"), user(OF_ACCOUNT)),
    case("in a condition, elsewhere", silent(IDENTITY), user(OF_ACCOUNT, account=OTHER), grants("ToAll")),
]

# What no version but 2012-10-17 has. reference_policies_elements_version.html
OLD_VERSION = [
    case("has no variables in a resource", silent(IDENTITY), session(OLD_TEAM, context=TAGGED)),
    case("has none in a condition", silent(IDENTITY), user(own(allow("Own", Condition=OWN_ACCOUNT), version=OLD))),
    case("is else the same", allowed(IDENTITY, "Pull"), user(own(allow("Pull"), version=OLD))),
]


def granted(*grants: Grant) -> Policy:
    document = repository_policy(grants, RegistryId(account=HOME, region="us-east-1"))
    assert document is not None
    return Policy(name="payments/api", document=parse(document))


def at_work(service_name: str, source: str, of: str) -> Caller:
    return service(service_name, {"aws:SourceArn": (source,), "aws:SourceAccount": (of,)})


FOR_ACCOUNT = granted(AccountGrant(account=OTHER))
FOR_ROLE = granted(AccountGrant(account=OTHER, role="teams/puller"))
FOR_ORGANIZATION = granted(OrganizationGrant(organization=ORGANIZATION))
FOR_LAMBDA = granted(ServiceGrant(service=PullService.LAMBDA, account=OTHER))
FOR_CODEBUILD = granted(ServiceGrant(service=PullService.CODEBUILD, account=OTHER))
FUNCTION = f"arn:aws:lambda:us-east-1:{OTHER}:function:resize"
PROJECT = f"arn:aws:codebuild:us-east-1:{OTHER}:project/resize"
OUR_PROJECT = PROJECT.replace(OTHER, HOME)
BY_CODEBUILD, BY_ORGANIZATION = allowed(RESOURCE, "PullByCodeBuild"), allowed(RESOURCE, "PullByOrganizations")
ALL, PUSH = own(allow("All", Action="ecr:*")), request("ecr:PutImage", REPOSITORY)
THIRD = "777788889999"
CODEBUILD = "codebuild.amazonaws.com"

GRANTS = [
    case("an account's puller", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), FOR_ACCOUNT),
    case("not without its own policy", silent(IDENTITY), session(account=OTHER), FOR_ACCOUNT),
    case("not to push", silent(RESOURCE), session(ALL, account=OTHER), FOR_ACCOUNT, request=PUSH),
    case("a role", allowed(RESOURCE, "PullByAccounts"), session(PULL, account=OTHER), FOR_ROLE),
    case("not another of its account", silent(RESOURCE), user(PULL, account=OTHER), FOR_ROLE),
    case("a member of the organization", BY_ORGANIZATION, user(PULL, account=OTHER), FOR_ORGANIZATION),
    case("not without its own policy either", silent(IDENTITY), user(account=OTHER), FOR_ORGANIZATION),
    case("no anonymous caller", silent(RESOURCE), UNSIGNED, FOR_ORGANIZATION),
    case("a service is in no organization", silent(RESOURCE), service(LAMBDA), FOR_ORGANIZATION),
    case("a function of the account", allowed(RESOURCE, "PullByLambda"), at_work(LAMBDA, FUNCTION, OTHER), FOR_LAMBDA),
    case("not of another", silent(RESOURCE), at_work(LAMBDA, FUNCTION.replace(OTHER, THIRD), THIRD), FOR_LAMBDA),
    case("not without saying for whom", silent(RESOURCE), service(LAMBDA), FOR_LAMBDA),
    case("a project of the account", BY_CODEBUILD, at_work(CODEBUILD, PROJECT, OTHER), FOR_CODEBUILD),
    case("not with another's account", silent(RESOURCE), at_work(CODEBUILD, PROJECT, HOME), FOR_CODEBUILD),
    case("not of another project's account", silent(RESOURCE), at_work(CODEBUILD, OUR_PROJECT, OTHER), FOR_CODEBUILD),
]

GROUPS = {
    "same account": SAME_ACCOUNT, "explicit deny": EXPLICIT_DENY, "limits": LIMITS, "across accounts": ACROSS_ACCOUNTS,
    "root user": ROOT_USER, "principals": PRINCIPALS, "all but": NOT_PRINCIPAL, "actions": ACTIONS,
    "resources": RESOURCES, "variables": VARIABLES, "old version": OLD_VERSION, "grants": GRANTS,
}  # fmt: skip
