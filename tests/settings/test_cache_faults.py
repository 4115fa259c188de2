"""Pull-through caches: bad input is told, and what is declared of good input."""

import json
from pathlib import Path

import pytest

from settings import load
from tests.conftest import Edit
from tests.settings.written import HEAD, catalog, faults, only

KEY = "  container-registry:caches:"
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf"


def caches(project: Path, *lines: str, more: str = "") -> None:
    """The stack dev with these caches alone."""
    file = project / "Pulumi.dev.yaml"
    head = file.read_text(encoding="utf-8").partition(KEY)[0]
    written = "".join(f"    - {each}\n" for each in lines)
    file.write_text(f"{head}{KEY}\n{written}{more}", encoding="utf-8")


FAULTS = {
    "an unknown upstream": ("{upstream: dockerhub}", "caches[0].upstream: 'dockerhub' is not one of the choices"),
    "no login": ("{upstream: docker-hub}", "caches[0].credentials: is missing: docker-hub requires authentication"),
    "a login that is not taken": (
        "{upstream: quay, username: acme}",
        "caches[0].username: 'acme' is not supported for quay (remove it)",
    ),
    "a secret that is not taken": (f"{{upstream: quay, credentials: '{ARN}'}}", f"caches[0].credentials: '{ARN[:40]}"),
    "a secret of another name": (
        f"{{upstream: docker-hub, credentials: '{ARN.replace('ecr-pullthroughcache/', '')}'}}",
        "is of a secret that ECR may not read",
    ),
    "a secret elsewhere": (
        f"{{upstream: docker-hub, credentials: '{ARN.replace('us-east-1', 'eu-west-1')}'}}",
        "is of a secret in another account or region",
    ),
    "a secret and a name": (
        f"{{upstream: docker-hub, credentials: '{ARN}', username: acme}}",
        "caches[0].username: 'acme' is given beside a secret that has one (keep one of the two)",
    ),
    "an address that is known": (
        "{upstream: quay, registry: quay.io}",
        "caches[0].registry: 'quay.io' is not a key of quay (it is quay.io: remove it)",
    ),
    "an address that is not": (
        "{upstream: ecr}",
        "caches[0].registry: is missing (write its address: ACCOUNT.dkr.ecr.REGION.amazonaws.com)",
    ),
    "a prefix of one letter": ("{upstream: quay, prefix: q}", "caches[0].prefix: 'q' has 1 characters"),
    "nobody": (
        "{upstream: quay, pull: [{}]}",
        "caches[0].pull[0]: an object with no keys names no account, organization or service",
    ),
    "two at once": (
        "{upstream: quay, pull: [{account: workloads, service: ecs}]}",
        "has account and service (write one of account, organization, service)",
    ),
    "an unknown account": (
        "{upstream: quay, pull: [{account: worklods}]}",
        "pull[0].account: 'worklods' is not an account of this stack (did you mean 'workloads'?)",
    ),
    "a service that can't": ("{upstream: quay, pull: [{service: lambda}]}", "pull[0].service: 'lambda' is not one of"),
    "where we push": ("{upstream: quay, prefix: payments}", "catalog.yaml:"),
}


@pytest.mark.parametrize(("line", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_a_cache(project: Path, line: str, told: str) -> None:
    caches(project, line)
    assert any(told in str(each) for each in faults(project)), [str(each) for each in faults(project)]


def test_a_repository_of_ours_under_a_caches_prefix(project: Path) -> None:
    caches(project, "{upstream: quay, prefix: payments}")
    told = [str(each) for each in faults(project)]
    assert [each.partition(": ")[2].partition(" ")[0] for each in told] == [
        "repositories.payments/api:",
        "repositories.payments/ledger:",
    ]
    assert "is under payments, which belongs to a pull-through cache: no image can be pushed there" in told[0]


def test_two_of_one_prefix(project: Path) -> None:
    caches(project, "{upstream: quay, prefix: hub}", "{upstream: ecr-public, prefix: hub}")
    assert "caches[1].prefix: 'hub' has a rule already" in only(project)


def test_a_token_is_one_of_the_stacks_secrets(project: Path) -> None:
    caches(project, "{upstream: docker-hub, username: acme}")
    told = only(project)
    assert "caches[0].username: 'acme' logs in with a token that the stack's configuration does not have" in told
    assert "pulumi config set --secret container-registry:cache-token-docker-hub" in told
    line = "  container-registry:cache-token-docker-hub: {secure: v1:abc}\n"
    caches(project, "{upstream: docker-hub, username: acme}", more=line)
    (cache,) = load(project, "dev").caches
    assert (cache.username, cache.token_key) == ("acme", "cache-token-docker-hub")
    assert [cache.secret_name] == ["ecr-pullthroughcache/docker-hub"]


def test_a_token_in_plain_is_told_without_its_value(project: Path) -> None:
    plain = "  container-registry:cache-token-docker-hub: hunter2\n"
    caches(project, "{upstream: docker-hub, username: acme}", more=plain)
    told = only(project)
    assert "is written in plain text, for every reader of the repository" in told
    assert "hunter2" not in told


def test_a_token_of_no_cache(project: Path) -> None:
    line = "  container-registry:cache-token-dockerhub: {secure: v1:abc}\n"
    caches(project, "{upstream: docker-hub, username: acme}", more=line)
    told = [str(each) for each in faults(project)]
    assert any("is not the token of a cache (did you mean 'cache-token-docker-hub'?)" in each for each in told)


def test_another_secret_of_ours_is_a_fault_still(project: Path, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", "container-registry:protect: false", "container-registry:protect: {secure: v1:abc}")
    assert "is encrypted, and can't be read without the engine" in str(faults(project)[0])


def test_who_pulls_may_bring_in(project: Path) -> None:
    caches(
        project, "{upstream: quay, pull: [{account: workloads, role: puller}, {organization: acme}, {service: ecs}]}"
    )
    settings = load(project, "dev")
    policy = json.loads(settings.registry_policy_of(settings.home) or "{}")
    by_account, by_organization = policy["Statement"]
    assert by_account["Principal"] == {"AWS": ["arn:aws:iam::444455556666:role/puller"]}
    assert by_account["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert by_account["Resource"] == ["arn:aws:ecr:us-east-1:111122223333:repository/quay/*"]
    assert by_organization["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]}}
    (tasks,) = [each for each in settings.roles if each.name == "dev.ecs-task-execution"]
    assert "repository/quay/*" in json.dumps(tasks.policy)
    (cache,) = settings.caches
    assert "role/puller" in (cache.policy_text or "")


def test_another_ecr_account_is_read_with_a_role(project: Path) -> None:
    caches(project, "{upstream: ecr, registry: 444455556666.dkr.ecr.eu-west-1.amazonaws.com, prefix: shared}")
    settings = load(project, "dev")
    (role,) = [each for each in settings.roles if each.name == "dev.pull-through-cache"]
    assert "arn:aws:ecr:eu-west-1:444455556666:repository/*" in json.dumps(role.policy)
    assert "arn:aws:ecr:us-east-1:111122223333:repository/shared/*" in json.dumps(role.policy)
    (cache,) = settings.caches
    assert cache.rule.custom_role_arn == "arn:aws:iam::111122223333:role/container-registry/dev/dev.pull-through-cache"


def test_the_policy_that_the_stack_gives_stays(project: Path) -> None:
    given = (
        "  container-registry:registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: "
        "{AWS: '444455556666'}, Action: 'ecr:ReplicateImage', Resource: '*'}}\n"
    )
    caches(project, "{upstream: quay, pull: [{account: workloads}]}", more=given)
    settings = load(project, "dev")
    policy = json.loads(settings.registry_policy_of(settings.home) or "{}")
    assert [each["Action"] for each in policy["Statement"]] == [
        "ecr:ReplicateImage",
        ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
    ]


def test_more_who_pull_than_a_policy_holds(project: Path) -> None:
    roles = ", ".join(f"{{account: workloads, role: {f'team-{n:03}':-<60}}}" for n in range(110))
    caches(project, f"{{upstream: quay, pull: [{roles}]}}")
    fix = "(name whole accounts or an organization in place of many roles)"
    of_registry, of_cache = map(str, faults(project))
    assert of_registry == (
        "Pulumi.dev.yaml:14: config.container-registry:caches: make the registry policy in us-east-1 invalid: the "
        f"policy's text has 10,578 characters, and Amazon ECR allows 10,240 {fix}"
    )
    assert of_cache == (
        "Pulumi.dev.yaml:15: config.container-registry:caches[0].pull: 'quay' makes the repository policy invalid: "
        f"the policy's text has 10,502 characters, and Amazon ECR allows 10,240 {fix}"
    )


def test_more_caches_than_one_role_brings_in_for(project: Path) -> None:
    lines = [f"{{upstream: quay, prefix: {f'p{n:02}':x<30}, pull: [{{service: ecs}}]}}" for n in range(50)]
    caches(project, *lines)
    assert load(project, "dev").caches
    names = [f"  {f'team/r{n:03}':x<60}: {{owner: a, pull: [{{service: ecs}}]}}" for n in range(60)]
    catalog(project, HEAD + "\n".join(names) + "\n")
    (told,) = (str(each) for each in faults(project))
    assert "caches: make the policy of dev.ecs-task-execution 1" in told
    assert "characters long where IAM takes 10,240" in told
