"""Forty misspellings, the commonest first: with one near name the exact line to write, else the valid values."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml

from settings import InvalidSettings, load
from settings.files.configuration import engine_text
from tests.cases import case, cases
from tests.settings.written import HEAD, api, catalog, faults, key, only, rules
from tests.stacks import edited

Change = Callable[[Path], object]


def entry(more: str) -> Change:
    return partial(catalog, text=api(more))


def owner(written: str) -> Change:
    return partial(catalog, text=f"{HEAD}  payments/api: {{{written}}}\n")


def push(written: str) -> Change:
    return entry(f"push: [{{github: acme/api, {written}}}]")


def preset(rule: str) -> Change:
    return partial(catalog, text=rules(rule, "{untagged: true, expire_after_days: 7}"))


def stack(old: str, new: str) -> Change:
    return lambda project: edited(project, ("Pulumi.dev.yaml", old, new))


def added(line: str) -> Change:
    return partial(key, line=line)


EXACT = (
    case("a key of an entry", owner("ownr: payments"), "owner: payments"),
    case("an account", entry("pull: [{account: worklods}]"), "account: workloads"),
    case("a preset", entry("retention: defualt"), "retention: default"),
    case("an account's id", entry('pull: [{account: "444455556666"}]'), "account: workloads"),
    case("a branch", push("branch: main"), "refs: [refs/heads/main]"),
    case("a branch for a ref", push("refs: [main]"), "refs: [refs/heads/main]"),
    case("one ref", push("ref: refs/heads/main"), "refs: [refs/heads/main]"),
    case("an address for a repository", entry("push: [{github: github.com/acme/api, environment: production}]"),
         "github: acme/api"),
    case("a ref without an s", push("refs: [refs/head/main]"), "refs: [refs/heads/main]"),
    case("a ref of tags without an s", push('refs: ["refs/tag/v*"]'), 'refs: ["refs/tags/v*"]'),
    case("a ref without two s", push("refs: [ref/head/main]"), "refs: [refs/heads/main]"),
    case("a principal for a service", entry("pull: [{service: lambda.amazonaws.com}]"), "service: lambda"),
    case("a principal for tasks", entry("pull: [{service: ecs-tasks.amazonaws.com}]"), "service: ecs"),
    case("an account's name alone", entry("pull: [workloads]"), "pull: [{account: workloads}]"),
    case("an organization's name alone", entry("pull: [{service: ecs}, acme]"),
         "pull: [{service: ecs}, {organization: acme}]"),
    case("a service's name alone", entry("pull: [lambda]"), "pull: [{service: lambda}]"),
    case("a name in no list", entry("pull: workloads"), "pull: [{account: workloads}]"),
    case("a service", entry("pull: [{service: lamda}]"), "service: lambda"),
    case("an encryption", entry("encryption: costumer"), "encryption: customer"),
    case("an encryption in upper case", entry("encryption: AES256"), "encryption: aes256"),
    case("one tag for a list", entry("mutable_tags: latest"), "mutable_tags: [latest]"),
    case("a region", stack("us-east-1", "us-east1"), "aws:region: us-east-1"),
    case("an account without quotes", stack('"444455556666"', "444455556666"), 'workloads: "444455556666"'),
    case("an account in no list", stack('["111122223333"]', "101010101010"),
         'aws:allowedAccountIds: ["101010101010"]'),
    case("a key of the stack", stack("registry:protect:", "registry:protetc:"), "container-registry:protect: false"),
    # so far the fifteen commonest
    case("a namespace", stack("container-registry:protect", "container-registy:protect"),
         "container-registry:protect: false"),
    case("no namespace", stack("container-registry:protect", "protect"), "container-registry:protect: false"),
    case("a key of the provider", stack("aws:region", "aws:regoin"), "aws:region: us-east-1"),
    case("a region of ours", stack("aws:region", "container-registry:region"), "aws:region: us-east-1"),
    case("a region without a namespace", stack("aws:region", "region"), "aws:region: us-east-1"),
    case("a near region without one", stack("aws:region", "regoin"), "aws:region: us-east-1"),
    case("a near region of ours", stack("aws:region", "container-registry:regoin"), "aws:region: us-east-1"),
    case("account ids without one", stack("aws:allowed", "allowed"), 'aws:allowedAccountIds: ["111122223333"]'),
    case("a near key without one", stack("container-registry:protect", "protetc"), "container-registry:protect: false"),
    case("a near namespace of the provider's", stack("aws:region", "asw:region"), "aws:region: us-east-1"),
    case("another case of it", stack("aws:region", "AWS:Region"), "aws:region: us-east-1"),
    case("a near namespace and a near key", stack("aws:region", "asw:regoin"), "aws:region: us-east-1"),
    case("account ids under a near namespace", stack("aws:allowed", "asw:allowed"),
         'aws:allowedAccountIds: ["111122223333"]'),
    case("accounts", stack("registry:accounts", "registry:acounts"), "container-registry:accounts:"),
    case("accounts without a namespace", stack("container-registry:accounts", "accounts"),
         "container-registry:accounts:"),
    case("accounts under a near namespace", stack("container-registry:accounts", "container-registy:acounts"),
         "container-registry:accounts:"),
    case("the configuration", stack("config:", "confg:"), "config:"),
    case("presets", lambda project: edited(project, ("catalog.yaml", "retention:\n", "retenion:\n")), "retention:"),
    case("yes for true", entry("adopt: yes"), "adopt: true"),
    case("off for false", stack("protect: false", "protect: off"), "container-registry:protect: false"),
    case("a number in quotes", preset('{tag: "v*", keep: "20"}'), "keep: 20"),
    case("a number for a list of tags", entry("mutable_tags: 7"), 'mutable_tags: ["7"]'),
    case("a number for such a list under a near key", entry("mutable_tag: 7"), 'mutable_tags: ["7"]'),
    case("a number among tags", entry("mutable_tags: [7, latest]"), 'mutable_tags: ["7", latest]'),
    case("a number for a name", owner("owner: 7"), 'owner: "7"'),
    case("a count", preset('{tag: "v*", count: 20}'), "keep: 20"),
    case("days with their unit", preset("{any: true, expire_after_days: 30d}"), "expire_after_days: 30"),
    case("days under a near key", preset("{any: true, expire_after: 30d}"), "expire_after_days: 30"),
    case("days under another word", preset('{any: true, days: "30 days"}'), "expire_after_days: 30"),
    case("yes under a near key", entry("adpt: yes"), "adopt: true"),
    case("a key of a rule", preset("{any: true, expire_after_day: 7}"), "expire_after_days: 7"),
    case("an upstream", stack("upstream: ecr-public", "upstream: dockerhub"), "upstream: docker-hub"),
    case("an upstream in upper case", stack("upstream: ecr-public", "upstream: Quay"), "upstream: quay"),
    case("a frequency", added("scanning: {rules: [{frequency: on_push}]}"), "frequency: on-push"),
    case("a scanning type", added("scanning: {type: enhansed}"), "type: enhanced"),
    case("an organization", entry("pull: [{organization: acne}]"), "organization: acme"),
    case("a shortened key", entry("pull: [{org: acme}]"), "organization: acme"),
    case("a stack", push("environment: x, stacks: [prd]"), "stacks: [prod]"),
    case("a day", entry("retire: {until: 2027/1/31, reason: gone}"), 'until: "2027-01-31"'),
    case("an object for a list", entry("pull: {account: workloads}"), "pull: [{account: workloads}]"),
    case("a repository in upper case", partial(catalog, text=f"{HEAD}  Payments/API: {{owner: payments}}\n"),
         "payments/api: {owner: payments}"),
    case("a replica's region", added("replicas: [{region: eu-west1}]"), "region: eu-west-1"),
    case("a name alone of a cache's", stack("pull: [{account: workloads}", "pull: [workloads"),
         "pull: [{account: workloads}, {service: ecs}]"),
    case("a cache's account", stack("pull: [{account: workloads}", "pull: [{account: worklods}"), "account: workloads"),
)  # fmt: skip
VALUES = (
    case("no near service", entry("pull: [{service: fargate}]"), ("lambda", "codebuild", "ecs")),
    case("no near encryption", entry("encryption: rot13"), ("customer", "aws-managed", "aes256")),
    case("no near account", entry("pull: [{account: zzz}]"), ("data-platform", "workloads")),
    case("no near frequency", added("scanning: {rules: [{frequency: daily}]}"), ("on-push", "continuous")),
    case("no near name alone", entry("pull: [zzz]"), ("account", "organization", "service")),
    case("another unit", preset("{any: true, expire_after_days: 30x}"), ("whole number",)),
    case("a count with a unit", preset('{tag: "v*", keep: 20k}'), ("whole number",)),
    case("a number for a list of objects", entry("push: 7"), ("write a list",)),
    case("a number for such a list under a near key", entry("pushs: 7"), ("did you mean 'push'",)),
    case("text for a list of objects", entry("push: acme/api"), ("write a list",)),
    case("an object for a list of tags", entry("mutable_tags: {latest: true}"), ("write a list",)),
    case("another provider's region", stack("aws:region", "gcp:region"), ("the stack's home region",)),
    case("the opposite", entry("immutable_tags: [v1]"), ("retention", "push", "pull", "adopt")),
)


@cases("change, line", *EXACT)
def test_the_line_to_write_is_exact(project: Path, change: Change, line: str) -> None:
    """One misspelling is one fault, and the line alone is the fix."""
    change(project)
    assert only(project).endswith(f" (write `{line}`)")


@cases("change, values", *VALUES)
def test_without_a_near_name_the_valid_values_are_listed(
    project: Path, change: Change, values: tuple[str, ...]
) -> None:
    change(project)
    fix = faults(project)[0].fix
    assert "`" not in fix
    assert [each for each in values if each not in fix] == []


def test_a_misspelt_key_of_the_engine_is_one_fault(project: Path) -> None:
    """The engine gives the key as the file has it, and the default of the one that was meant."""
    stack("registry:accounts", "registry:acounts")(project)
    written = yaml.safe_load((project / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    engine = {"container-registry:accounts": "{}", "container-registry:catalog": "catalog.yaml"}
    engine |= {name: engine_text(value) for name, value in written.items()}
    with pytest.raises(InvalidSettings) as raised:
        load(project, "dev", engine)
    assert [each.fix for each in raised.value.faults] == ["write `container-registry:accounts:`"]


def test_a_misspelt_key_beside_the_one_that_was_meant_leaves_it(project: Path) -> None:
    stack("config:\n", 'config:\n  acounts: {other: "999900001111"}\n')(project)
    assert "'acounts' has no namespace" in only(project)


def test_without_a_namespace_nor_a_near_key_the_keys_are_listed_whole(project: Path) -> None:
    stack("container-registry:protect", "frobnicate")(project)
    assert "aws:allowedAccountIds, aws:region, container-registry:accounts, " in only(project)


def test_forty_of_which_thirty_are_exact() -> None:
    assert len(EXACT) + len(VALUES) >= 40
    assert len(EXACT) >= 30
