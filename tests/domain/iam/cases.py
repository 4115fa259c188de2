"""What AWS documents of its answers, as a table: https://docs.aws.amazon.com/IAM/latest/UserGuide/ and the page named
above each group."""

from domain.iam.access import Policy, Source
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
    on_resource,
    own,
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

IDENTITY, BOUNDARY, SESSION, RESOURCE, ROOT = Source

PULL = own(allow("Pull"), name="pull")
NOTHING = own(allow("Login", Action="ecr:GetAuthorizationToken"), name="nothing")
PULLS_REFUSED = own(deny("NoPull"), name="refused")
TO_ALL = on_resource(allow("ToAll", Principal="*"))
TO_HOME = on_resource(allow("ToAccount", Principal=to(account(HOME))))
TO_OTHER = on_resource(allow("ToAccount", Principal=to(OTHER)))
TO_USER = on_resource(allow("ToUser", Principal=to(user_arn())))
TO_ROLE = on_resource(allow("ToRole", Principal=to(role_arn())))
TO_SESSION = on_resource(allow("ToSession", Principal=to(session_arn())))
LAMBDA = "lambda.amazonaws.com"

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
    case(
        "a grant to another session of the role is none",
        silent(IDENTITY),
        session(),
        on_resource(allow("ToAnother", Principal=to(session_arn(name="build-8")))),
    ),
    case(
        "a grant to a role of the same name elsewhere is none",
        silent(IDENTITY),
        session(),
        on_resource(allow("Elsewhere", Principal=to(role_arn(OTHER)))),
    ),
    case(
        "the nearest of two grants decides",
        allowed(RESOURCE, "ToSession"),
        session(boundary=NOTHING),
        on_resource(allow("ToRole", Principal=to(role_arn())), allow("ToSession", Principal=to(session_arn()))),
    ),
    case(
        "and the nearest of its principals",
        allowed(RESOURCE, "ToBoth"),
        session(boundary=NOTHING),
        on_resource(allow("ToBoth", Principal=to(role_arn(), session_arn()))),
    ),
    case(
        "two policies of the resource are one",
        allowed(RESOURCE, "ToUser"),
        user(),
        on_resource(allow("Others", Principal=to(OTHER)), name="registry"),
        TO_USER,
    ),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "If the enforcement code finds even one explicit deny
# that applies, the enforcement code returns a final decision of Deny."
EXPLICIT_DENY = [
    case("by an identity policy", denied(IDENTITY, "NoPull"), user(PULL, PULLS_REFUSED), TO_USER),
    case("by the boundary", denied(BOUNDARY, "NoPull"), user(PULL, boundary=PULLS_REFUSED), TO_USER),
    case(
        "by a session policy", denied(SESSION, "NoPull"), session(PULL, session_policies=(PULLS_REFUSED,)), TO_SESSION
    ),
    case(
        "by the resource's policy",
        denied(RESOURCE, "NotAna"),
        user(PULL),
        on_resource(allow("ToAll", Principal="*"), deny("NotAna", Principal=to(user_arn()))),
    ),
    case(
        "by a second policy of the resource",
        denied(RESOURCE, "NotAna"),
        user(PULL),
        TO_ALL,
        on_resource(deny("NotAna", Principal=to(user_arn())), name="registry"),
    ),
    case(
        "by the resource's policy, to the account",
        denied(RESOURCE, "NotHere"),
        user(PULL),
        on_resource(deny("NotHere", Principal=to(HOME))),
    ),
    case(
        "by the resource's policy, to the root user too",
        denied(RESOURCE, "Nobody"),
        root(),
        on_resource(deny("Nobody", Principal="*")),
    ),
    case(
        "of another action does nothing",
        allowed(IDENTITY, "Pull"),
        user(own(allow("Pull"), deny("NoPush", Action="ecr:PutImage"))),
    ),
    case(
        "to somebody else does nothing",
        allowed(IDENTITY, "Pull"),
        session(PULL),
        on_resource(deny("NotAna", Principal=to(user_arn()))),
    ),
    case(
        "wins from across accounts too",
        denied(RESOURCE, "NotThem"),
        user(PULL, account=OTHER),
        on_resource(allow("ToAll", Principal="*"), deny("NotThem", Principal=to(OTHER))),
    ),
]

# The same page, "Resource-based policies and implicit denies in other policy types (same account)": a grant to a role's
# ARN is limited by an implicit deny in a boundary or session policy; one to a session's or a user's own ARN is not.
# reference_policies_elements_principal.html: nor is one to "*".
LIMITS = [
    case("the boundary is silent", silent(BOUNDARY), user(PULL, boundary=NOTHING)),
    case("the boundary allows", allowed(IDENTITY, "Pull"), user(PULL, boundary=PULL)),
    case("the boundary grants nothing", silent(IDENTITY), user(boundary=PULL)),
    case("the session policy is silent", silent(SESSION), session(PULL, session_policies=(NOTHING,))),
    case("the session policy allows", allowed(IDENTITY, "Pull"), session(PULL, session_policies=(PULL,))),
    case(
        "one of two session policies allows", allowed(IDENTITY, "Pull"), session(PULL, session_policies=(NOTHING, PULL))
    ),
    case("the session policy grants nothing", silent(IDENTITY), session(session_policies=(PULL,))),
    case("both have to allow", silent(SESSION), session(PULL, boundary=PULL, session_policies=(NOTHING,))),
    case(
        "the boundary is named before the session policy",
        silent(BOUNDARY),
        session(PULL, boundary=NOTHING, session_policies=(NOTHING,)),
    ),
    case("no boundary limits a grant to the user", allowed(RESOURCE, "ToUser"), user(boundary=NOTHING), TO_USER),
    case(
        "neither limits a grant to the session",
        allowed(RESOURCE, "ToSession"),
        session(boundary=NOTHING, session_policies=(NOTHING,)),
        TO_SESSION,
    ),
    case(
        "neither limits a grant to everybody",
        allowed(RESOURCE, "ToAll"),
        session(boundary=NOTHING, session_policies=(NOTHING,)),
        on_resource(allow("ToAll", Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": role_arn()}})),
    ),
    case("the boundary limits a grant to the role", silent(BOUNDARY), session(boundary=NOTHING), TO_ROLE),
    case(
        "the session policy limits a grant to the role", silent(SESSION), session(session_policies=(NOTHING,)), TO_ROLE
    ),
    case(
        "a grant to the role within both",
        allowed(RESOURCE, "ToRole"),
        session(boundary=PULL, session_policies=(PULL,)),
        TO_ROLE,
    ),
    case("a grant to the account is limited", silent(BOUNDARY), user(PULL, boundary=NOTHING), TO_HOME),
]

# reference_policies_evaluation-logic-cross-account.html: "The request is allowed only if both evaluations return a
# decision of Allow."
ACROSS_ACCOUNTS = [
    case("both sides allow, by account", allowed(RESOURCE, "ToAccount"), user(PULL, account=OTHER), TO_OTHER),
    case(
        "both sides allow, by user",
        allowed(RESOURCE, "ToUser"),
        user(PULL, account=OTHER),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
    ),
    case(
        "both sides allow, by role",
        allowed(RESOURCE, "ToRole"),
        session(PULL, account=OTHER),
        on_resource(allow("ToRole", Principal=to(role_arn(OTHER)))),
    ),
    case(
        "both sides allow, by session",
        allowed(RESOURCE, "ToSession"),
        session(PULL, account=OTHER),
        on_resource(allow("ToSession", Principal=to(session_arn(OTHER)))),
    ),
    case("both sides allow, to everybody", allowed(RESOURCE, "ToAll"), user(PULL, account=OTHER), TO_ALL),
    case("the caller's side is silent", silent(IDENTITY), user(account=OTHER), TO_OTHER),
    case(
        "the caller's side is silent of a grant to the user",
        silent(IDENTITY),
        user(account=OTHER),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
    ),
    case("the resource's side is silent", silent(RESOURCE), user(PULL, account=OTHER), TO_HOME),
    case("the resource has no policy", silent(RESOURCE), user(PULL, account=OTHER)),
    case(
        "the boundary limits a grant to the user",
        silent(BOUNDARY),
        user(PULL, account=OTHER, boundary=NOTHING),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
    ),
    case(
        "the session policy limits a grant to the session",
        silent(SESSION),
        session(PULL, account=OTHER, session_policies=(NOTHING,)),
        on_resource(allow("ToSession", Principal=to(session_arn(OTHER)))),
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
PRINCIPALS = [
    case(
        "a service by its name",
        allowed(RESOURCE, "L"),
        service(LAMBDA),
        on_resource(allow("L", Principal={"Service": LAMBDA})),
    ),
    case(
        "not another service",
        silent(RESOURCE),
        service("ecs.amazonaws.com"),
        on_resource(allow("L", Principal={"Service": LAMBDA})),
    ),
    case("no service by an account", silent(RESOURCE), service(LAMBDA), TO_HOME),
    case("no user by a service", silent(IDENTITY), user(), on_resource(allow("L", Principal={"Service": LAMBDA}))),
    case(
        "a service refused with everybody",
        denied(RESOURCE, "None"),
        service(LAMBDA),
        on_resource(allow("L", Principal={"Service": LAMBDA}), deny("None", Principal="*")),
    ),
    case("nobody is granted what everybody is", allowed(RESOURCE, "ToAll"), NOBODY, TO_ALL),
    case("nobody is no account", silent(RESOURCE), NOBODY, TO_HOME),
    case(
        "nobody is in no organization",
        silent(RESOURCE),
        NOBODY,
        on_resource(allow("Ours", Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})),
    ),
    case("no wildcard but a whole one", allowed(RESOURCE, "W"), NOBODY, on_resource(allow("W", Principal=to("*")))),
    case("a policy of the caller names no one here", silent(IDENTITY), user(), own(allow("Nobody"))),
]

# reference_policies_elements_notprincipal.html
ALL_BUT_PULLER = deny("OnlyPuller", NotPrincipal=to(session_arn(), role_arn(), account(HOME)))


def refused_unless(*names: str) -> Policy:
    return on_resource(deny("All", NotPrincipal=to(*names)))


NOT_PRINCIPAL = [
    # "AWS might validate the account first, then the role, and then the assumed-role user."
    case(
        "a session is spared with its role and account",
        allowed(IDENTITY, "Pull"),
        session(PULL),
        on_resource(ALL_BUT_PULLER),
    ),
    case("a session by itself is not", denied(RESOURCE, "All"), session(PULL), refused_unless(session_arn())),
    case(
        "a session without its role is not", denied(RESOURCE, "All"), session(PULL), refused_unless(session_arn(), HOME)
    ),
    case(
        "a session without its account is not",
        denied(RESOURCE, "All"),
        session(PULL),
        refused_unless(session_arn(), role_arn()),
    ),
    case(
        "another session of a named role is not",
        denied(RESOURCE, "All"),
        session(PULL),
        refused_unless(session_arn(name="build-8"), role_arn(), HOME),
    ),
    case("a user is spared with its account", allowed(IDENTITY, "Pull"), user(PULL), refused_unless(user_arn(), HOME)),
    case("a user without its account is not", denied(RESOURCE, "All"), user(PULL), refused_unless(user_arn())),
    case("an account's user by the account alone is not", denied(RESOURCE, "All"), user(PULL), refused_unless(HOME)),
    case("an account's root is spared by the account", allowed(ROOT), root(), refused_unless(HOME)),
    case("everybody is spared", allowed(IDENTITY, "Pull"), session(PULL), refused_unless("*")),
    case(
        "a service is spared by its name",
        allowed(RESOURCE, "ToAll"),
        service(LAMBDA),
        TO_ALL,
        on_resource(deny("All", NotPrincipal={"Service": LAMBDA})),
    ),
    case("others are refused", denied(RESOURCE, "OnlyPuller"), user(PULL, account=OTHER), on_resource(ALL_BUT_PULLER)),
    case("nobody is refused", denied(RESOURCE, "OnlyPuller"), NOBODY, on_resource(ALL_BUT_PULLER)),
    # access_policies_boundaries.html: it "will always deny any IAM principal that has a permissions boundary policy
    # attached, regardless of the values specified in the NotPrincipal element".
    case(
        "a boundary makes it refuse the named as well",
        denied(RESOURCE, "OnlyPuller"),
        session(PULL, boundary=PULL),
        on_resource(ALL_BUT_PULLER),
    ),
    case(
        "with Allow it grants to all but the named",
        allowed(RESOURCE, "NotThem"),
        user(),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
    ),
    case(
        "with Allow it grants nothing to the named",
        silent(RESOURCE),
        user(PULL, account=OTHER),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
    ),
    case(
        "with Allow a boundary changes nothing",
        silent(RESOURCE),
        user(PULL, account=OTHER, boundary=PULL),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
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
