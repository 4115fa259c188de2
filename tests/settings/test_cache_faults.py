"""Pull-through caches: faults of the input, and what is declared of good input."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from settings import load
from tests.conftest import Edit
from tests.settings.written import HEAD, catalog, faults, words

KEY = "  container-registry:caches:"
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf"


def caches(project: Path, lines: Sequence[str], more: str = "") -> None:
    """The stack dev with these caches alone."""
    file = project / "Pulumi.dev.yaml"
    head = file.read_text(encoding="utf-8").partition(KEY)[0]
    written = "".join(f"    - {each}\n" for each in lines)
    file.write_text(f"{head}{KEY}\n{written}{more}", encoding="utf-8")


PULLERS = ", ".join(f"{{account: workloads, role: {f'team-{n:03}':-<60}}}" for n in range(110))
OTHER_NAME, ELSEWHERE = ARN.replace("ecr-pullthroughcache/", ""), ARN.replace("us-east-1", "eu-west-1")
FAULTS = {
    "an unknown upstream": "{upstream: dockerhub}",
    "no login": "{upstream: docker-hub}",
    "a login that is not taken": "{upstream: quay, username: acme}",
    "a secret that is not taken": f"{{upstream: quay, credentials: '{ARN}'}}",
    "a secret of another name": f"{{upstream: docker-hub, credentials: '{OTHER_NAME}'}}",
    "a secret elsewhere": f"{{upstream: docker-hub, credentials: '{ELSEWHERE}'}}",
    "a secret and a name": f"{{upstream: docker-hub, credentials: '{ARN}', username: acme}}",
    "an address that is known": "{upstream: quay, registry: quay.io}",
    "an address that is not": "{upstream: ecr}",
    "a prefix of one letter": "{upstream: quay, prefix: q}",
    "no principal": "{upstream: quay, pull: [{}]}",
    "two at once": "{upstream: quay, pull: [{account: workloads, service: ecs}]}",
    "an unknown account": "{upstream: quay, pull: [{account: worklods}]}",
    "a service that can't": "{upstream: quay, pull: [{service: lambda}]}",
    "the user of another registry": "{upstream: ghcr, username: AWS}",
    "no token": "{upstream: docker-hub, username: acme}",
    "our own prefix": "{upstream: quay, prefix: payments}",
    "more who pull than a policy holds": f"{{upstream: quay, pull: [{PULLERS}]}}",
}
LOGIN = "{upstream: docker-hub, username: acme}"
SECURE = "  container-registry:cache-token-docker-hub: {secure: v1:abc}\n"
ONE_PREFIX = ["{upstream: quay, prefix: hub}", "{upstream: ecr-public, prefix: hub}"]
CASES = {
    **{case: partial(caches, lines=[line]) for case, line in FAULTS.items()},
    "two of one prefix": partial(caches, lines=ONE_PREFIX),
    "a token of no cache": partial(caches, lines=[LOGIN], more=SECURE.replace("docker-", "docker")),
    "a token in plain": partial(caches, lines=[LOGIN], more=SECURE.replace("{secure: v1:abc}", "hunter2")),
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    found = words(project, CASES)
    assert found == snapshot
    assert "hunter2" not in found


def test_a_token_is_one_of_the_stacks_secrets(project: Path) -> None:
    caches(project, [LOGIN], more=SECURE)
    (cache,) = load(project, "dev").caches
    assert (cache.username, cache.token_key) == ("acme", "cache-token-docker-hub")
    assert [cache.secret_name] == ["ecr-pullthroughcache/docker-hub"]


def test_another_secret_of_ours_is_a_fault_still(project: Path, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", "container-registry:protect: false", "container-registry:protect: {secure: v1:abc}")
    assert "is encrypted, and can't be read without the engine" in str(faults(project)[0])


def test_who_pulls_may_bring_in(project: Path) -> None:
    pull = "[{account: workloads, role: puller}, {organization: acme}, {service: ecs}]"
    caches(project, [f"{{upstream: quay, pull: {pull}}}"])
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
    caches(project, ["{upstream: ecr, registry: 444455556666.dkr.ecr.eu-west-1.amazonaws.com, prefix: shared}"])
    settings = load(project, "dev")
    (role,) = [each for each in settings.roles if each.name == "dev.pull-through-cache"]
    assert "arn:aws:ecr:eu-west-1:444455556666:repository/*" in json.dumps(role.policy)
    assert "arn:aws:ecr:us-east-1:111122223333:repository/shared/*" in json.dumps(role.policy)
    (cache,) = settings.caches
    assert cache.rule.custom_role_arn == "arn:aws:iam::111122223333:role/container-registry/dev/dev.pull-through-cache"


def test_the_policy_that_the_stack_gives_stays(project: Path) -> None:
    statement = "{Effect: Allow, Principal: {AWS: '444455556666'}, Action: 'ecr:ReplicateImage', Resource: '*'}"
    given = f"  container-registry:registry_policy: {{Version: '2012-10-17', Statement: {statement}}}\n"
    caches(project, ["{upstream: quay, pull: [{account: workloads}]}"], more=given)
    settings = load(project, "dev")
    policy = json.loads(settings.registry_policy_of(settings.home) or "{}")
    bring_in = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert [each["Action"] for each in policy["Statement"]] == ["ecr:ReplicateImage", bring_in]


def test_more_caches_than_one_role_brings_in_for(project: Path) -> None:
    lines = [f"{{upstream: quay, prefix: {f'p{n:02}':x<30}, pull: [{{service: ecs}}]}}" for n in range(50)]
    caches(project, lines)
    assert load(project, "dev").caches
    names = [f"  {f'team/r{n:03}':x<60}: {{owner: a, pull: [{{service: ecs}}]}}" for n in range(60)]
    catalog(project, HEAD + "\n".join(names) + "\n")
    (fault,) = (str(each) for each in faults(project))
    assert "caches: make the policy of dev.ecs-task-execution 1" in fault
    assert "characters long where IAM takes 10,240" in fault
