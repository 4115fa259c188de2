"""Replication configurations: what ECR takes, and where images go."""

from typing import Any

from domain.aws import RegistryId
from domain.ecr.replication import ReplicationRule, destinations_of, replication_problems
from tests.cases import cases

ACCOUNT, OTHER = "111122223333", "444455556666"
SOURCE = RegistryId(account=ACCOUNT, region="us-east-1")
IRELAND = RegistryId(account=ACCOUNT, region="eu-west-1")
ELSEWHERE = RegistryId(account=OTHER, region="us-east-1")


def rule(*destinations: RegistryId, prefixes: tuple[str, ...] = ()) -> ReplicationRule:
    return ReplicationRule(destinations=destinations, prefixes=prefixes)


def problems(*rules: ReplicationRule) -> list[tuple[tuple[str | int, ...], str]]:
    return [(each.path, each.message) for each in replication_problems(rules, source=SOURCE)]


def accounts(number: int) -> list[RegistryId]:
    return [RegistryId(account=f"{each:012}", region="us-east-1") for each in range(number)]


@cases(
    "rules",
    [], [rule()], [rule(IRELAND)], [rule(ELSEWHERE)], [rule(IRELAND, IRELAND), rule(IRELAND)], [rule(IRELAND)] * 25,
    [rule(*accounts(25)), rule(*accounts(3))], [rule(IRELAND, prefixes=("pr", "x" * 256))],
    [rule(IRELAND, prefixes=("prod",) * 100)],
)  # fmt: skip
def test_what_ecr_takes_has_no_problem(rules: list[ReplicationRule]) -> None:
    assert problems(*rules) == []


@cases(
    "rules, path, words",
    ([rule(IRELAND)] * 26, (), "has 26 rules, and Amazon ECR takes 25"),
    ([rule(*accounts(20)), rule(*accounts(26))], (), "26 different destinations"),
    ([rule(IRELAND, SOURCE)], (0, "destinations", 1), "source registry itself"),
    ([rule(), rule(RegistryId(account="12", region="eu-west-1"))], (1, "destinations", 0), "not an AWS account id"),
    ([rule(RegistryId(account=OTHER, region="mars-1"))], (0, "destinations", 0), "not a region"),
    ([rule(RegistryId(account=OTHER, region="cn-north-1"))], (0, "destinations", 0), "another partition"),
    ([rule(IRELAND, prefixes=("prod",) * 101)], (0, "prefixes"), "101 filters"),
    ([rule(IRELAND, prefixes=("prod", "p"))], (0, "prefixes", 1), "1 characters"),
    ([rule(IRELAND, prefixes=("p" * 257,))], (0, "prefixes", 0), "257 characters"),
)
def test_what_ecr_refuses_is_reported_where_it_is(rules: list[Any], path: tuple[str | int, ...], words: str) -> None:
    ((where, message),) = problems(*rules)
    assert where == path
    assert words in message


def test_the_provider_takes_fewer_rules_than_ecr() -> None:
    def of_provider(count: int) -> list[str]:
        rules = [rule(IRELAND)] * count
        return [each.message for each in replication_problems(rules, source=SOURCE, by_provider=True)]

    assert of_provider(10) == []
    assert of_provider(11) == ["has 11 rules, and the provider pulumi-aws takes 10 (Amazon ECR 25)"]


def test_images_go_to_every_destination_of_every_rule_that_is_for_them_once() -> None:
    rules = [rule(IRELAND), rule(ELSEWHERE, IRELAND, prefixes=("prod/", "test")), rule(SOURCE, prefixes=("other",))]
    assert destinations_of("prod/api", rules) == (IRELAND, ELSEWHERE)
    assert destinations_of("testing", rules) == (IRELAND, ELSEWHERE)
    assert destinations_of("prod", rules) == (IRELAND,)
    assert destinations_of("a/prod/b", rules) == (IRELAND,)
    assert destinations_of("prod/api", []) == ()
