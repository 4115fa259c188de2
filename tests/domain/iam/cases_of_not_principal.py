"""What AWS documents of statements that mean all but the named; as a table."""

from domain.iam.access import Policy, Source
from tests.domain.iam.calls import (
    HOME,
    NOBODY,
    OTHER,
    account,
    allow,
    allowed,
    case,
    denied,
    deny,
    on_resource,
    own,
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

IDENTITY, RESOURCE, ROOT = Source.IDENTITY, Source.RESOURCE, Source.ROOT

PULL = own(allow("Pull"), name="pull")
TO_ALL = on_resource(allow("ToAll", Principal="*"))
LAMBDA = "lambda.amazonaws.com"

# reference_policies_elements_notprincipal.html
ALL_BUT_PULLER = deny("OnlyPuller", NotPrincipal=to(session_arn(), role_arn(), account(HOME)))


def refused_unless(*names: str) -> Policy:
    return on_resource(deny("All", NotPrincipal=to(*names)))


NOT_PRINCIPAL = [
    # "AWS might validate the account first, then the role, and then the assumed-role user."
    case(
        "a session is spared with its role and account",
        session(PULL),
        on_resource(ALL_BUT_PULLER),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case(
        "a session by itself is not",
        session(PULL),
        refused_unless(session_arn()),
        expected=denied(RESOURCE, "All"),
    ),
    case(
        "a session without its role is not",
        session(PULL),
        refused_unless(session_arn(), HOME),
        expected=denied(RESOURCE, "All"),
    ),
    case(
        "a session without its account is not",
        session(PULL),
        refused_unless(session_arn(), role_arn()),
        expected=denied(RESOURCE, "All"),
    ),
    case(
        "another session of a named role is not",
        session(PULL),
        refused_unless(session_arn(name="build-8"), role_arn(), HOME),
        expected=denied(RESOURCE, "All"),
    ),
    case(
        "a user is spared with its account",
        user(PULL),
        refused_unless(user_arn(), HOME),
        expected=allowed(IDENTITY, "Pull"),
    ),
    case("a user without its account is not", user(PULL), refused_unless(user_arn()), expected=denied(RESOURCE, "All")),
    case(
        "an account's user by the account alone is not",
        user(PULL),
        refused_unless(HOME),
        expected=denied(RESOURCE, "All"),
    ),
    case("an account's root is spared by the account", root(), refused_unless(HOME), expected=allowed(ROOT)),
    case("everybody is spared", session(PULL), refused_unless("*"), expected=allowed(IDENTITY, "Pull")),
    case(
        "a service is spared by its name",
        service(LAMBDA),
        TO_ALL,
        on_resource(deny("All", NotPrincipal={"Service": LAMBDA})),
        expected=allowed(RESOURCE, "ToAll"),
    ),
    case(
        "others are refused",
        user(PULL, account=OTHER),
        on_resource(ALL_BUT_PULLER),
        expected=denied(RESOURCE, "OnlyPuller"),
    ),
    case("nobody is refused", NOBODY, on_resource(ALL_BUT_PULLER), expected=denied(RESOURCE, "OnlyPuller")),
    # access_policies_boundaries.html: it "will always deny any IAM principal that has a permissions boundary policy
    # attached, regardless of the values specified in the NotPrincipal element".
    case(
        "a boundary makes it refuse the named as well",
        session(PULL, boundary=PULL),
        on_resource(ALL_BUT_PULLER),
        expected=denied(RESOURCE, "OnlyPuller"),
    ),
    case(
        "with Allow it grants to all but the named",
        user(),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
        expected=allowed(RESOURCE, "NotThem"),
    ),
    case(
        "with Allow it grants nothing to the named",
        user(PULL, account=OTHER),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
        expected=silent(RESOURCE),
    ),
    case(
        "with Allow a boundary changes nothing",
        user(PULL, account=OTHER, boundary=PULL),
        on_resource(allow("NotThem", NotPrincipal=to(OTHER))),
        expected=silent(RESOURCE),
    ),
]

GROUPS = {"all but": NOT_PRINCIPAL}
