"""What AWS documents of its answers, as a table: https://docs.aws.amazon.com/IAM/latest/UserGuide/ and the page named
above each group."""

from domain.iam.access import Source
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
    case("nobody says anything", user(), expected=silent(IDENTITY)),
    case("an identity policy is enough", user(PULL), expected=allowed(IDENTITY, "Pull")),
    case("any one of the identity policies is enough", user(NOTHING, PULL), expected=allowed(IDENTITY, "Pull")),
    case("another action", user(PULL), request=request("ecr:PutImage", REPOSITORY), expected=silent(IDENTITY)),
    case("a grant to the user is enough", user(), TO_USER, expected=allowed(RESOURCE, "ToUser")),
    case("a grant to the role is enough", session(), TO_ROLE, expected=allowed(RESOURCE, "ToRole")),
    case("a grant to the session is enough", session(), TO_SESSION, expected=allowed(RESOURCE, "ToSession")),
    case("a grant to everybody is enough", user(), TO_ALL, expected=allowed(RESOURCE, "ToAll")),
    case("a grant to the account waits for its policies", user(), TO_HOME, expected=silent(IDENTITY)),
    case("and is content with them", user(PULL), TO_HOME, expected=allowed(IDENTITY, "Pull")),
    case("a grant to another account is none", user(), TO_OTHER, expected=silent(IDENTITY)),
    case("a grant to another user is none", session(), TO_USER, expected=silent(IDENTITY)),
    case(
        "a grant to another session of the role is none",
        session(),
        on_resource(allow("ToAnother", Principal=to(session_arn(name="build-8")))),
        expected=silent(IDENTITY),
    ),
    case(
        "a grant to a role of the same name elsewhere is none",
        session(),
        on_resource(allow("Elsewhere", Principal=to(role_arn(OTHER)))),
        expected=silent(IDENTITY),
    ),
    case(
        "the nearest of two grants decides",
        session(boundary=NOTHING),
        on_resource(allow("ToRole", Principal=to(role_arn())), allow("ToSession", Principal=to(session_arn()))),
        expected=allowed(RESOURCE, "ToSession"),
    ),
    case(
        "and the nearest of its principals",
        session(boundary=NOTHING),
        on_resource(allow("ToBoth", Principal=to(role_arn(), session_arn()))),
        expected=allowed(RESOURCE, "ToBoth"),
    ),
    case(
        "two policies of the resource are one",
        user(),
        on_resource(allow("Others", Principal=to(OTHER)), name="registry"),
        TO_USER,
        expected=allowed(RESOURCE, "ToUser"),
    ),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "If the enforcement code finds even one explicit deny
# that applies, the enforcement code returns a final decision of Deny."
EXPLICIT_DENY = [
    case("by an identity policy", user(PULL, PULLS_REFUSED), TO_USER, expected=denied(IDENTITY, "NoPull")),
    case("by the boundary", user(PULL, boundary=PULLS_REFUSED), TO_USER, expected=denied(BOUNDARY, "NoPull")),
    case(
        "by a session policy",
        session(PULL, session_policies=(PULLS_REFUSED,)),
        TO_SESSION,
        expected=denied(SESSION, "NoPull"),
    ),
    case(
        "by the resource's policy",
        user(PULL),
        on_resource(allow("ToAll", Principal="*"), deny("NotAna", Principal=to(user_arn()))),
        expected=denied(RESOURCE, "NotAna"),
    ),
    case(
        "by a second policy of the resource",
        user(PULL),
        TO_ALL,
        on_resource(deny("NotAna", Principal=to(user_arn())), name="registry"),
        expected=denied(RESOURCE, "NotAna"),
    ),
    case(
        "by the resource's policy, to the account",
        user(PULL),
        on_resource(deny("NotHere", Principal=to(HOME))),
        expected=denied(RESOURCE, "NotHere"),
    ),
    case(
        "by the resource's policy, to the root user too",
        root(),
        on_resource(deny("Nobody", Principal="*")),
        expected=denied(RESOURCE, "Nobody"),
    ),
    case(
        "of another action does nothing",
        user(own(allow("Pull"), deny("NoPush", Action="ecr:PutImage"))),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case(
        "to somebody else does nothing",
        session(PULL),
        on_resource(deny("NotAna", Principal=to(user_arn()))),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case(
        "wins from across accounts too",
        user(PULL, account=OTHER),
        on_resource(allow("ToAll", Principal="*"), deny("NotThem", Principal=to(OTHER))),
        expected=denied(RESOURCE, "NotThem"),
    ),
]

# The same page, "Resource-based policies and implicit denies in other policy types (same account)": a grant to a role's
# ARN is limited by an implicit deny in a boundary or session policy; one to a session's or a user's own ARN is not.
# reference_policies_elements_principal.html: nor is one to "*".
LIMITS = [
    case("the boundary is silent", user(PULL, boundary=NOTHING), expected=silent(BOUNDARY)),
    case("the boundary allows", user(PULL, boundary=PULL), expected=allowed(IDENTITY, "Pull")),
    case("the boundary grants nothing", user(boundary=PULL), expected=silent(IDENTITY)),
    case("the session policy is silent", session(PULL, session_policies=(NOTHING,)), expected=silent(SESSION)),
    case("the session policy allows", session(PULL, session_policies=(PULL,)), expected=allowed(IDENTITY, "Pull")),
    case(
        "one of two session policies allows",
        session(PULL, session_policies=(NOTHING, PULL)),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case("the session policy grants nothing", session(session_policies=(PULL,)), expected=silent(IDENTITY)),
    case(
        "both have to allow",
        session(PULL, boundary=PULL, session_policies=(NOTHING,)),
        expected=silent(SESSION),
    ),
    case(
        "the boundary is named before the session policy",
        session(PULL, boundary=NOTHING, session_policies=(NOTHING,)),
        expected=silent(BOUNDARY),
    ),
    case(
        "no boundary limits a grant to the user", user(boundary=NOTHING), TO_USER, expected=allowed(RESOURCE, "ToUser")
    ),
    case(
        "neither limits a grant to the session",
        session(boundary=NOTHING, session_policies=(NOTHING,)),
        TO_SESSION,
        expected=allowed(RESOURCE, "ToSession"),
    ),
    case(
        "neither limits a grant to everybody",
        session(boundary=NOTHING, session_policies=(NOTHING,)),
        on_resource(
            allow("ToAll", Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": role_arn()}}),
        ),
        expected=allowed(RESOURCE, "ToAll"),
    ),
    case("the boundary limits a grant to the role", session(boundary=NOTHING), TO_ROLE, expected=silent(BOUNDARY)),
    case(
        "the session policy limits a grant to the role",
        session(session_policies=(NOTHING,)),
        TO_ROLE,
        expected=silent(SESSION),
    ),
    case(
        "a grant to the role within both",
        session(boundary=PULL, session_policies=(PULL,)),
        TO_ROLE,
        expected=allowed(RESOURCE, "ToRole"),
    ),
    case("a grant to the account is limited", user(PULL, boundary=NOTHING), TO_HOME, expected=silent(BOUNDARY)),
]

# reference_policies_evaluation-logic-cross-account.html: "The request is allowed only if both evaluations return a
# decision of Allow."
ACROSS_ACCOUNTS = [
    case("both sides allow, by account", user(PULL, account=OTHER), TO_OTHER, expected=allowed(RESOURCE, "ToAccount")),
    case(
        "both sides allow, by user",
        user(PULL, account=OTHER),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
        expected=allowed(RESOURCE, "ToUser"),
    ),
    case(
        "both sides allow, by role",
        session(PULL, account=OTHER),
        on_resource(allow("ToRole", Principal=to(role_arn(OTHER)))),
        expected=allowed(RESOURCE, "ToRole"),
    ),
    case(
        "both sides allow, by session",
        session(PULL, account=OTHER),
        on_resource(allow("ToSession", Principal=to(session_arn(OTHER)))),
        expected=allowed(RESOURCE, "ToSession"),
    ),
    case("both sides allow, to everybody", user(PULL, account=OTHER), TO_ALL, expected=allowed(RESOURCE, "ToAll")),
    case("the caller's side is silent", user(account=OTHER), TO_OTHER, expected=silent(IDENTITY)),
    case(
        "the caller's side is silent of a grant to the user",
        user(account=OTHER),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
        expected=silent(IDENTITY),
    ),
    case("the resource's side is silent", user(PULL, account=OTHER), TO_HOME, expected=silent(RESOURCE)),
    case("the resource has no policy", user(PULL, account=OTHER), expected=silent(RESOURCE)),
    case(
        "the boundary limits a grant to the user",
        user(PULL, account=OTHER, boundary=NOTHING),
        on_resource(allow("ToUser", Principal=to(user_arn(OTHER)))),
        expected=silent(BOUNDARY),
    ),
    case(
        "the session policy limits a grant to the session",
        session(PULL, account=OTHER, session_policies=(NOTHING,)),
        on_resource(allow("ToSession", Principal=to(session_arn(OTHER)))),
        expected=silent(SESSION),
    ),
    case("the other account's root is its account", root(OTHER), TO_OTHER, expected=allowed(RESOURCE, "ToAccount")),
    case("and has nothing without a grant", root(OTHER), TO_HOME, expected=silent(RESOURCE)),
]

# reference_policies_evaluation-logic_policy-eval-denyallow.html: "By default, all requests are implicitly denied with
# the exception of the AWS account root user, which has full access."
ROOT_USER = [
    case("may all in its account", root(), expected=allowed(ROOT)),
    case("whatever the resource's policy leaves out", root(), TO_OTHER, expected=allowed(ROOT)),
]

# reference_policies_elements_principal.html
PRINCIPALS = [
    case(
        "a service by its name",
        service(LAMBDA),
        on_resource(allow("L", Principal={"Service": LAMBDA})),
        expected=allowed(RESOURCE, "L"),
    ),
    case(
        "not another service",
        service("ecs.amazonaws.com"),
        on_resource(allow("L", Principal={"Service": LAMBDA})),
        expected=silent(RESOURCE),
    ),
    case("no service by an account", service(LAMBDA), TO_HOME, expected=silent(RESOURCE)),
    case(
        "no user by a service",
        user(),
        on_resource(allow("L", Principal={"Service": LAMBDA})),
        expected=silent(IDENTITY),
    ),
    case(
        "a service refused with everybody",
        service(LAMBDA),
        on_resource(allow("L", Principal={"Service": LAMBDA}), deny("None", Principal="*")),
        expected=denied(RESOURCE, "None"),
    ),
    case("nobody is granted what everybody is", NOBODY, TO_ALL, expected=allowed(RESOURCE, "ToAll")),
    case("nobody is no account", NOBODY, TO_HOME, expected=silent(RESOURCE)),
    case(
        "nobody is in no organization",
        NOBODY,
        on_resource(
            allow("Ours", Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),
        ),
        expected=silent(RESOURCE),
    ),
    case(
        "no wildcard but a whole one",
        NOBODY,
        on_resource(allow("W", Principal=to("*"))),
        expected=allowed(RESOURCE, "W"),
    ),
    case("a policy of the caller names no one here", user(), own(allow("Nobody")), expected=silent(IDENTITY)),
]

GROUPS = {
    "same account": SAME_ACCOUNT,
    "explicit deny": EXPLICIT_DENY,
    "limits": LIMITS,
    "across accounts": ACROSS_ACCOUNTS,
    "root user": ROOT_USER,
    "principals": PRINCIPALS,
}
