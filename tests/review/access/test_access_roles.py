"""What the stack's own roles may do, by their policies, boundary and trust, and by what repositories say of them."""

from typing import Any

import pytest

from bootstrap.template import boundaries
from domain.iam.github import ISSUER
from resources.ecr import CREATION_TEMPLATE
from resources.iam import MANAGED_POLICY, ROLE_POLICY_ATTACHMENT
from tests.review.access.scene import (
    ACCOUNT,
    API,
    CLUSTER,
    LOGIN,
    MAIN,
    OTHER,
    PROVIDER,
    PULL,
    REGION,
    Statement,
    allow,
    arn_of,
    boundary,
    can,
    cluster,
    deny,
    document,
    found,
    github,
    mine,
    registry_policy,
    repository,
    resource,
    role,
    role_arn,
)
from tests.stacks import ROOT

PUSHER = {"role push: push"}
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
IF_VPCE = "if StringEquals aws:SourceVpce vpce-1a2b3c4d"

CASES: dict[str, tuple[list[Statement], set[str]]] = {
    "its repository": ([mine()], PUSHER),
    "another repository": ([mine(resource=arn_of("payments/ledger"))], set()),
    "in every region": ([mine(resource=f"arn:aws:ecr:*:{ACCOUNT}:repository/{API}")], PUSHER),
    "in another region": ([mine(resource=arn_of(API, "eu-west-1"))], set()),
    "of another account": ([mine(resource=f"arn:aws:ecr:{REGION}:{OTHER}:repository/{API}")], set()),
    "by a pattern": ([mine(resource=arn_of("payments/*"))], PUSHER),
    "by a pattern of the ARN": ([mine(resource="arn:aws:ecr:*")], PUSHER),
    "every repository": ([mine(resource="*")], PUSHER),
    "all but one": ([{"Effect": "Allow", "Action": "ecr:PutIm*", "NotResource": arn_of(API)}], set()),
    "all but another": (
        [{"Effect": "Allow", "Action": PULL, "NotResource": arn_of("payments/ledger")}],
        {"role push: pull"},
    ),
    "a push that it denies itself": ([mine(), {**mine("ecr:PutImage"), "Effect": "Deny"}], set()),
    "one action less": ([mine("ecr:PutImage")], set()),
    "from a network": ([mine(Condition=VPCE)], {f"role push: push {IF_VPCE}"}),
    "of its own team": (
        [mine(resource=arn_of("${aws:PrincipalTag/team}/*"))],
        {f"role push: push if the resource is {arn_of('${aws:PrincipalTag/team}/*')}"},
    ),
    "administrator": ([mine("*", "*")], {f"role push: {each}" for each in ("pull", "push", "delete", "configure")}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_role_may_by_its_own_policy(case: str) -> None:
    statements, expected = CASES[case]
    assert can(repository(), role("push", *statements, LOGIN)) == expected


def test_a_tag_of_the_role_fills_its_variable() -> None:
    own = mine(resource=arn_of("${aws:PrincipalTag/team}/*"))
    assert can(repository(), role("push", own, tags={"team": "payments"})) == PUSHER
    assert can(repository(), role("push", own, tags={"team": "storefront"})) == set()


@pytest.mark.parametrize(
    "resources", [{"Resource": arn_of("${aws:PrincipalTag/team}/*")}, {"NotResource": arn_of("a*")}]
)
def test_a_role_may_only_at_some_of_two_alike(resources: dict[str, str]) -> None:
    own = {"Effect": "Allow", "Action": "ecr:TagResource", **resources}
    cells = found(repository("a/web"), repository(), role("tag", own, tags={"team": "payments"})).cells
    assert [each.repository for each in cells] == [API]


def test_every_kind_of_policy_counts() -> None:
    inline = [{"name": "own", "policy": document(mine())}]
    assert can(repository(), role("push", inlinePolicies=inline)) == PUSHER
    managed = resource(MANAGED_POLICY, "push", {"policy": document(mine())}, None, arn="arn:aws:iam::1:policy/push")
    given = {"role": "push", "policyArn": "arn:aws:iam::1:policy/push"}
    attached = resource(ROLE_POLICY_ATTACHMENT, "push", given, None)
    assert can(repository(), role("push"), managed, attached) == PUSHER
    assert can(repository(), role("push", managedPolicyArns=["arn:aws:iam::1:policy/push"]), managed) == PUSHER
    unknown = found(repository(), role("push", mine()), attached)
    assert unknown.notes == ("role push has the policy arn:aws:iam::1:policy/push, which is not in this stack",)


def test_the_boundary_limits_what_the_policy_allows() -> None:
    arn, known = boundary(mine(PULL, "*"))
    limited = role("push", mine("ecr:*", "*"), permissionsBoundary=arn)
    assert can(repository(), limited, boundaries=known) == {"role push: pull"}
    told = f"permissions boundary {arn} is not known"
    expected = {f"role push: {each} {told}" for each in ("pull", "push", "delete", "configure")}
    assert can(repository(), limited) == expected


def test_of_the_boundary_only_what_lets_the_action_is_a_condition() -> None:
    by_registry = {"StringLike": {"kms:ViaService": "ecr.*.amazonaws.com"}}
    keys = mine("kms:*", "*", Condition=by_registry)
    no_other_keys = {**mine("kms:*", "*", Condition={"StringNotLike": by_registry["StringLike"]}), "Effect": "Deny"}
    arn, known = boundary(mine("ecr:*", "*", Condition=VPCE), keys, no_other_keys)
    limited = role("push", mine(), permissionsBoundary=arn)
    assert can(repository(), limited, boundaries=known) == {f"role push: push {IF_VPCE}"}


def test_the_boundary_that_the_bootstrap_makes_lets_push_and_no_more() -> None:
    known = boundaries(ROOT, "container-registry", "prod", ACCOUNT, REGION)
    [arn] = known
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/container-registry-prod-boundary"
    limited = role("push", mine("ecr:*", "*"), permissionsBoundary=arn)
    assert can(repository(), limited, boundaries=known) == {"role push: pull", "role push: push"}
    assert boundaries(ROOT / "docs", "container-registry", "prod", ACCOUNT, REGION) == {}
    assert boundaries(ROOT, "container-registry", "No such name", ACCOUNT, REGION) == {}


def test_a_repository_allows_or_denies_a_role_by_its_arn() -> None:
    named = {"AWS": role_arn("push")}
    assert can(repository(API, allow(named)), role("push")) == {"role push: pull"}
    assert can(repository(API, deny(named, "ecr:PutImage")), role("push", mine())) == set()
    assert can(repository(API, deny({"AWS": ACCOUNT}, "ecr:PutImage")), role("push", mine())) == set()
    outside = deny("*", "ecr:PutImage", Condition={"StringNotEquals": VPCE["StringEquals"]})
    unless = "unless StringNotEquals aws:SourceVpce vpce-1a2b3c4d"
    assert can(repository(API, outside), role("push", mine())) == {f"role push: push {unless}"}
    refused = registry_policy(deny("*", "ecr:*", Resource="*"))
    assert can(repository(), role("push", mine()), refused) == set()


def test_not_principal_spares_no_role_with_a_boundary() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/push/session"
    spared = {"Effect": "Deny", "NotPrincipal": {"AWS": [role_arn("push"), session, ACCOUNT]}, "Action": "ecr:*"}
    assert can(repository(API, spared), role("push", mine())) == PUSHER
    assert can(repository(API, spared), role("push", mine(), permissionsBoundary="arn:aws:iam::1:policy/x")) == set()


def test_what_every_principal_is_allowed_is_shown_once() -> None:
    """Not again for each of a company's roles."""
    assert can(repository(API, allow("*")), role("push", mine(resource=arn_of("payments/ledger")))) == {
        "every AWS principal: pull"
    }


def test_without_a_login_no_pull_is_allowed() -> None:
    def logins(*policy: Statement, **more: Any) -> list[bool | None]:
        return [cell.login for cell in found(repository(), role("push", *policy, **more)).cells]

    assert logins(mine(["ecr:*"]), LOGIN) == [True, True, None, None]
    assert logins(mine()) == [False]
    assert logins(mine(), {**LOGIN, "Resource": arn_of(API)}) == [False]
    assert logins(mine(), {**LOGIN, "Condition": VPCE}) == [True]
    [cell] = found(repository(API, allow({"AWS": OTHER}))).cells
    assert cell.login is None


TRUSTS: dict[str, tuple[Statement, tuple[str, ...]]] = {
    "a branch": (MAIN, ("`acme/payments-api` on `main`",)),
    "a branch with slashes": (github("repo:acme/x:ref:refs/heads/fix/a"), ("`acme/x` on `fix/a`",)),
    "tags": (github("repo:acme/x:ref:refs/tags/v*"), ("`acme/x` on tag `v*`",)),
    "an environment": (github("repo:acme/x:environment:production"), ("`acme/x` in environment `production`",)),
    "pull requests": (github("repo:acme/x:pull_request"), ("pull requests of `acme/x`",)),
    "with ids": (github("repo:acme@1/x@2:environment:production"), ("`acme/x` in environment `production`",)),
    "several": (
        github("repo:acme/x:ref:refs/heads/main", "repo:acme/y:ref:refs/heads/main"),
        ("`acme/x` on `main`", "`acme/y` on `main`"),
    ),
    "any of an owner": (github("repo:acme/*:ref:refs/heads/main"), ("`acme/*` on `main`",)),
    "what is no subject": (github("repo:acme/x:*"), ("GitHub subject `repo:acme/x:*`",)),
    "all of GitHub": (
        {**MAIN, "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}},
        ("every GitHub workflow",),
    ),
    "of one owner's id": (
        github("repo:acme/x:ref:refs/heads/main", StringEquals={f"{ISSUER}:repository_owner_id": "7"}),
        (f"`acme/x` on `main` (if StringEquals {ISSUER}:repository_owner_id 7)",),
    ),
    "another provider": (
        allow({"Federated": "arn:aws:iam::1:oidc-provider/example.com"}, "sts:AssumeRoleWithWebIdentity"),
        ("every identity of `arn:aws:iam::1:oidc-provider/example.com`",),
    ),
    "a namespace": (
        cluster("system:serviceaccount:payments:ecr-refresher"),
        ("cluster storefront, namespace payments",),
    ),
    "two service accounts of one namespace": (
        cluster("system:serviceaccount:payments:api", "system:serviceaccount:payments:web"),
        ("cluster storefront, namespace payments",),
    ),
    "two namespaces": (
        cluster("system:serviceaccount:payments:api", "system:serviceaccount:web:api"),
        ("cluster storefront, namespace payments", "cluster storefront, namespace web"),
    ),
    "a namespace of an unknown cluster": (
        cluster("system:serviceaccount:payments:api", issuer="issuer.example.com"),
        (f"`arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com`, namespace payments",),
    ),
    "a namespace without an audience": (
        cluster("system:serviceaccount:payments:api", aud=None),
        ("cluster storefront, namespace payments",),
    ),
    "a namespace with another condition": (
        cluster("system:serviceaccount:payments:api", StringEquals={"aws:SourceVpc": "vpc-1"}),
        ("cluster storefront, namespace payments (if StringEquals aws:SourceVpc vpc-1)",),
    ),
    "any namespace": (
        cluster("system:serviceaccount:*:api"),
        ("cluster storefront, service accounts `system:serviceaccount:*:api`",),
    ),
    "all of a cluster": (cluster(aud=None), ("every identity of cluster storefront",)),
    "any subject of a cluster, for the audience of AWS": (
        cluster(),
        (f"every identity of cluster storefront (if StringLike {CLUSTER}:aud sts.amazonaws.com)",),
    ),
    "a subject that is not a service account": (
        cluster("someone", aud=None),
        (f"every identity of cluster storefront (if StringLike {CLUSTER}:sub someone)",),
    ),
    "a federated principal with sts:AssumeRole": (allow({"Federated": PROVIDER}, "sts:AssumeRole"), ("no principal",)),
    "a service": (allow({"Service": "ecs-tasks.amazonaws.com"}, "sts:AssumeRole"), ("ecs-tasks.amazonaws.com",)),
    "an account": (allow({"AWS": OTHER}, "sts:AssumeRole"), (f"account {OTHER}",)),
    "this account": (allow({"AWS": ACCOUNT}, "sts:AssumeRole"), (f"account {ACCOUNT}",)),
    "an account with a word": (
        allow({"AWS": OTHER}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "x"}}),
        (f"account {OTHER} (if StringEquals sts:ExternalId x)",),
    ),
    "only tags a session": (allow({"AWS": OTHER}, "sts:TagSession"), ("no principal",)),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_a_role_is_named_by_who_assumes_it(case: str) -> None:
    trust, expected = TRUSTS[case]
    [cell] = found(repository(), role("push", mine(), trust=trust)).cells
    assert cell.principal.entrants == expected


def test_a_trust_policy_can_deny_what_it_allows() -> None:
    both = document(MAIN, {**MAIN, "Effect": "Deny"})
    [cell] = found(repository(), role("push", mine(), assumeRolePolicy=both)).cells
    assert cell.principal.names == ("no principal",)
    [cell] = found(repository(), role("push", mine(), assumeRolePolicy="[unknown]")).cells
    assert cell.principal.names == ("unknown principals",)


def test_a_creation_template_counts_as_what_it_will_create() -> None:
    inputs = {"prefix": "cache", "repositoryPolicy": document(allow({"AWS": OTHER})), "resourceTags": {"owner": "x"}}
    template = resource(CREATION_TEMPLATE, "cache", inputs)
    every = resource(CREATION_TEMPLATE, "ROOT", {"prefix": "ROOT"})
    filler = role("fill", mine(resource=arn_of("cache/*")))
    cells = found(template, every, filler).cells
    assert [(each.repository, each.principal.label, each.access) for each in cells] == [
        ("cache/*", "role fill", "push"),
        ("cache/*", f"account {OTHER}", "pull"),
    ]
    assert set(found(template, every).repositories) == {"cache/*", "*"}
