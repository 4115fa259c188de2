"""What AWS documents of its answers, as a table: https://docs.aws.amazon.com/IAM/latest/UserGuide/ and the page named
above each group."""

from domain.iam.access import Policy, PolicyKind
from tests.domain.iam.calls import (
    HOME,
    NOBODY,
    ORGANIZATION,
    OTHER,
    REPOSITORY,
    account,
    allow,
    allowed,
    case,
    denied,
    deny,
    grants,
    on_resource,
    own,
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
    case("nobody says anything", silent(IDENTITY), user()),
    case("an identity policy is enough", allowed(IDENTITY, "Pull"), user(PULL)),
    case("any one of the identity policies is enough", allowed(IDENTITY, "Pull"), user(NOTHING, PULL)),
    case("another action", silent(IDENTITY), user(PULL), request=request("ecr:PutImage", REPOSITORY)),
    case("a grant to the user is enough", allowed(RESOURCE, "ToUser"), user(), TO_USER),
    case("a grant to the role is enough", allowed(RESOURCE, "ToRole"), session(), TO_ROLE),
    case("a grant to the session is enough", allowed(RESOURCE, "ToSession"), session(), TO_SESSION),
    case("a grant to everybody is enough", allowed(RESOURCE, "ToAll"), user(), TO_ALL),
    case("a grant to the account waits for its policies", silent(IDENTITY), user(), TO_HOME),
    case("and is content with them", allowed(IDENTITY, "Pull"), user(PULL), TO_HOME),
    case("a grant to another account is none", silent(IDENTITY), user(), TO_OTHER),
    case("a grant to another user is none", silent(IDENTITY), session(), TO_USER),
    case("a grant to another session of the role is none", silent(IDENTITY), session(), grants("A", ANOTHER_SESSION)),
    case("a grant to a role of the same name elsewhere is none", silent(IDENTITY), session(), TO_THEIR_ROLE),
    case(
        "the nearest of two grants decides",
        allowed(RESOURCE, "ToSession"),
        BOUND,
        on_resource(allow("ToRole", Principal=to(role_arn())), allow("ToSession", Principal=to(session_arn()))),
    ),
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
    case("by the resource's policy, to the root user too", denied(RESOURCE, "Nobody"), root(), refuses("Nobody")),
    case("of another action does nothing", allowed(IDENTITY, "Pull"), user(PULL, own(deny("D", Action="ecr:Put*")))),
    case("to somebody else does nothing", allowed(IDENTITY, "Pull"), session(PULL), NOT_ANA),
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
    case(
        "the boundary is named before the session policy",
        silent(BOUNDARY),
        session(PULL, boundary=NOTHING, within=[NOTHING]),
    ),
    case("no boundary limits a grant to the user", allowed(RESOURCE, "ToUser"), user(boundary=NOTHING), TO_USER),
    case("neither limits a grant to the session", allowed(RESOURCE, "ToSession"), LIMITED, TO_SESSION),
    case(
        "neither limits a grant to everybody", allowed(RESOURCE, "ToAll"), LIMITED, grants("ToAll", Condition=IN_ROLE)
    ),
    case("the boundary limits a grant to the role", silent(BOUNDARY), BOUND, TO_ROLE),
    case("the session policy limits a grant to the role", silent(SESSION), session(within=[NOTHING]), TO_ROLE),
    case(
        "a grant to the role within both", allowed(RESOURCE, "ToRole"), session(boundary=PULL, within=[PULL]), TO_ROLE
    ),
    case("a grant to the account is limited", silent(BOUNDARY), user(PULL, boundary=NOTHING), TO_HOME),
]

# reference_policies_evaluation-logic-cross-account.html: "The request is allowed only if both evaluations return a
# decision of Allow."
ACROSS_ACCOUNTS = [
    case("both sides allow, by account", allowed(RESOURCE, "ToAccount"), THEIRS, TO_OTHER),
    case("both sides allow, by user", allowed(RESOURCE, "ToUser"), THEIRS, TO_THEIR_USER),
    case("both sides allow, by role", allowed(RESOURCE, "ToRole"), session(PULL, account=OTHER), TO_THEIR_ROLE),
    case("both sides allow, by session", allowed(RESOURCE, "ToSession"), session(PULL, account=OTHER), TO_THEIR_BUILD),
    case("both sides allow, to everybody", allowed(RESOURCE, "ToAll"), THEIRS, TO_ALL),
    case("the caller's side is silent", silent(IDENTITY), user(account=OTHER), TO_OTHER),
    case("the caller's side is silent of a grant to the user", silent(IDENTITY), user(account=OTHER), TO_THEIR_USER),
    case("the resource's side is silent", silent(RESOURCE), THEIRS, TO_HOME),
    case("the resource has no policy", silent(RESOURCE), THEIRS),
    case(
        "the boundary limits a grant to the user",
        silent(BOUNDARY),
        user(PULL, account=OTHER, boundary=NOTHING),
        TO_THEIR_USER,
    ),
    case(
        "the session policy limits a grant to the session",
        silent(SESSION),
        session(PULL, account=OTHER, within=[NOTHING]),
        TO_THEIR_BUILD,
    ),
    case("the other account's root is its account", allowed(RESOURCE, "ToAccount"), root(OTHER), TO_OTHER),
    case("and has nothing without a grant", silent(RESOURCE), root(OTHER), TO_HOME),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "By default, all requests are implicitly denied with
# the exception of the AWS account root user, which has full access."
ROOT_USER = [
    case("may all in its account", allowed(ROOT), root()),
    case("whatever the resource's policy leaves out", allowed(ROOT), root(), TO_OTHER),
]

# reference_policies_elements_principal.html
MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
PRINCIPALS = [
    case("a service by its name", allowed(RESOURCE, "L"), service(LAMBDA), TO_LAMBDA),
    case("not another service", silent(RESOURCE), service("ecs.amazonaws.com"), TO_LAMBDA),
    case("no service by an account", silent(RESOURCE), service(LAMBDA), TO_HOME),
    case("no user by a service", silent(IDENTITY), user(), TO_LAMBDA),
    case("a service refused with everybody", denied(RESOURCE, "None"), service(LAMBDA), TO_LAMBDA, refuses("None")),
    case("nobody is granted what everybody is", allowed(RESOURCE, "ToAll"), NOBODY, TO_ALL),
    case("nobody is no account", silent(RESOURCE), NOBODY, TO_HOME),
    case("nobody is in no organization", silent(RESOURCE), NOBODY, grants("Ours", Condition=MEMBERS)),
    case("no wildcard but a whole one", allowed(RESOURCE, "W"), NOBODY, grants("W", "*")),
    case("a policy of the caller names no one here", silent(IDENTITY), user(), own(allow("Nobody"))),
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
    case(
        "another session of a named role is not",
        REFUSED,
        session(PULL),
        refused_unless(ANOTHER_SESSION, role_arn(), HOME),
    ),
    case("a user is spared with its account", allowed(IDENTITY, "Pull"), user(PULL), refused_unless(user_arn(), HOME)),
    case("a user without its account is not", REFUSED, user(PULL), refused_unless(user_arn())),
    case("an account's user by the account alone is not", REFUSED, user(PULL), refused_unless(HOME)),
    case("an account's root is spared by the account", allowed(ROOT), root(), refused_unless(HOME)),
    case("everybody is spared", allowed(IDENTITY, "Pull"), session(PULL), refused_unless("*")),
    case("a service is spared by its name", allowed(RESOURCE, "ToAll"), service(LAMBDA), TO_ALL, BUT_LAMBDA),
    case("others are refused", REFUSED, THEIRS, BUT_PULLER),
    case("nobody is refused", REFUSED, NOBODY, BUT_PULLER),
    # access_policies_boundaries.html: it "will always deny any IAM principal that has a permissions boundary policy
    # attached, regardless of the values specified in the NotPrincipal element".
    case("a boundary makes it refuse the named as well", REFUSED, session(PULL, boundary=PULL), BUT_PULLER),
    case("with Allow it grants to all but the named", allowed(RESOURCE, "NotThem"), user(), ALL_BUT_THEM),
    case("with Allow it grants nothing to the named", silent(RESOURCE), THEIRS, ALL_BUT_THEM),
    case(
        "with Allow a boundary changes nothing",
        silent(RESOURCE),
        user(PULL, account=OTHER, boundary=PULL),
        ALL_BUT_THEM,
    ),
]

GROUPS = {
    "same account": SAME_ACCOUNT,
    "explicit deny": EXPLICIT_DENY,
    "limits": LIMITS,
    "across accounts": ACROSS_ACCOUNTS,
    "root user": ROOT_USER,
    "principals": PRINCIPALS,
    "all but": NOT_PRINCIPAL,
}
