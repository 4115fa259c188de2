"""Replicas: which repositories they hold, in whose account they stand, and where images flow."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from domain.aws import REGIONS, RegistryId
from domain.ecr.replication import ReplicationRule
from settings import load
from tests.conftest import Edit
from tests.settings.written import key, words
from tests.stacks import edited

OTHERS = sorted(each for each, of in REGIONS.items() if of.id == "aws" and each not in ("us-east-1", "ap-northeast-1"))
EUROPE = "    - region: eu-west-1\n"
PROD = "222233334444"


def replicas(project: Path, lines: Sequence[str]) -> None:
    """Writes these in place of the stack prod's replica in eu-west-1."""
    edited(project, ("Pulumi.prod.yaml", EUROPE, "".join(f"    - {each}\n" for each in lines)))


def to(*destinations: tuple[str, str], prefixes: tuple[str, ...] = ()) -> ReplicationRule:
    registries = tuple(RegistryId(account=account, region=region) for account, region in destinations)
    return ReplicationRule(destinations=registries, prefixes=prefixes)


def test_replicas_of_everything_share_a_rule(project: Path) -> None:
    assert load(project, "prod").replication == (to((PROD, "eu-west-1"), (PROD, "ap-northeast-1")),)
    assert load(project, "dev").replication == ()


def test_one_more_is_one_line(project: Path) -> None:
    replicas(project, ["region: eu-west-1", "region: sa-east-1"])
    settings = load(project, "prod")
    (rule,) = settings.replication
    assert RegistryId(account=PROD, region="sa-east-1") in rule.destinations
    (registry,) = [each for each in settings.registries if each.region == "sa-east-1"]
    assert len(list(settings.copies(registry))) == len(settings.repositories)


def test_prefixes_choose_what_a_replica_holds(project: Path) -> None:
    replicas(project, ["{region: eu-west-1, prefixes: [storefront/, payments/]}"])
    settings = load(project, "prod")
    some = to((PROD, "eu-west-1"), prefixes=("payments/", "storefront/"))
    assert settings.replication == (some, to((PROD, "ap-northeast-1")))
    europe, asia = settings.registries[1:]
    assert {each.name.partition("/")[0] for each in settings.copies(europe)} == {"payments", "storefront"}
    assert len(list(settings.copies(asia))) == len(settings.repositories)


def test_nothing_flows_to_a_replica_that_retires(project: Path) -> None:
    replicas(project, ["{region: eu-west-1, retire: {until: 2027-01-31, reason: moved}}"])
    assert load(project, "prod").replication == (to((PROD, "ap-northeast-1")),)


def test_another_account_lets_our_images_in_and_makes_no_repository(project: Path) -> None:
    replicas(project, ["{region: eu-west-1, account: workloads, role: dr/registry, prefixes: [pay]}"])
    settings = load(project, "prod")
    assert [registry.region for registry in settings.registries] == ["us-east-1", "ap-northeast-1"]
    (registry,) = settings.other_account_replicas
    assert (registry.name, registry.role) == ("555566667777.eu-west-1", "arn:aws:iam::555566667777:role/dr/registry")
    (statement,) = json.loads(settings.registry_policy_of(registry) or "{}")["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{PROD}:root"}
    assert statement["Action"] == ["ecr:ReplicateImage"]
    assert statement["Resource"] == ["arn:aws:ecr:eu-west-1:555566667777:repository/pay*"]
    assert settings.registry_policy_of(settings.home) is None
    assert {each.name for each in settings.copies(registry)} == {"payments/api", "payments/ledger"}


def test_a_named_key_is_of_the_stacks_own_account(project: Path, edit: Edit) -> None:
    replicas(project, ["{region: eu-west-1, account: workloads, role: dr}"])
    edit("catalog.yaml", "  payments/ledger:\n", "  payments/ledger:\n    encryption: {key: own}\n")
    arns = {region: f"arn:aws:kms:{region}:{PROD}:key/1" for region in ("us-east-1", "ap-northeast-1", "eu-west-1")}
    for stack in ("dev", "prod"):
        key(project, f"keys: {json.dumps({'own': arns})}", stack)
    settings = load(project, "prod")
    copies = [{each.name: each for each in settings.copies(registry)} for registry in settings.all_registries]
    ledger = [each["payments/ledger"] for each in copies]
    assert [each.key_arn for each in ledger] == [arns["us-east-1"], arns["ap-northeast-1"], None]


PREFIXES = ", ".join(f"p{n}/" for n in range(101))
LONG = ", ".join(f"{f'p{n:03}/':x<80}" for n in range(90))
THERE = "{region: eu-west-1, account: workloads, role: one}"
FAULTS = {
    "no role": ["{region: eu-west-1, account: workloads}"],
    "a prefix of one letter": ["{region: eu-west-1, prefixes: [p]}"],
    "no prefix of a name": ["{region: eu-west-1, prefixes: ['Pay*']}"],
    "many prefixes": [f"{{region: eu-west-1, prefixes: [{PREFIXES}]}}"],
    "another partition": ["{region: cn-north-1}"],
    "two roles of one account": [THERE, THERE.replace("west-1", "west-2").replace("one", "two")],
    "many rules": [f"{{region: {each}, prefixes: [p{n}/]}}" for n, each in enumerate(OTHERS[:10])],
    "a long policy": [f"{{region: eu-west-1, account: workloads, role: dr, prefixes: [{LONG}]}}"],
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {case: partial(replicas, lines=lines) for case, lines in FAULTS.items()}, "prod") == snapshot
