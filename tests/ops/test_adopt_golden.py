"""A registry as people have made it by hand over the years, and what is printed of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.ops.conftest import Adopt, Adopted
from tests.ops.outputs import (
    KEY,
    PROD,
    PULL,
    PUSH,
    allow,
    described,
    key,
    kms,
    lifecycle,
    policy,
    repository,
    rule,
    tagged,
)

EU, AP = "eu-west-1", "ap-northeast-1"
SCANNED: dict[str, Any] = {"imageScanningConfiguration": {"scanOnPush": True}}
TAGS = {"legacy/orders": {"Owner": "orders", "cost-center": "1234"}, "legacy/cache": {"owner": "platform"}}
ORDERS_KEPT = (
    rule(20, tagStatus="tagged", tagPatternList=["release-*"]),
    rule(10, tagStatus="tagged", tagPrefixList=["v"]),
    rule(30, by="sinceImagePushed", tagStatus="tagged", tagPatternList=["dev-*"]),
    rule(7, by="sinceImagePushed", tagStatus="untagged"),
)
ORDERS_GRANTS = (
    allow({"AWS": "arn:aws:iam::555566667777:root"}, PULL, "Workloads"),
    allow({"AWS": ["arn:aws:iam::999900001111:root", f"arn:aws:iam::{PROD}:role/ci"]}, PULL + PUSH, "Build"),
    allow("*", PULL, "Everybody", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
)


def orders(region: str) -> list[object]:
    return [lifecycle("legacy/orders", *ORDERS_KEPT), policy("legacy/orders", *ORDERS_GRANTS), tagged(TAGS, region)]


@pytest.fixture
def home() -> list[object]:
    movable = [{"filterType": "WILDCARD", "filter": "cache-*"}]
    return [
        described(
            repository("legacy/orders"),
            repository(
                "legacy/cache",
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=movable,
                **SCANNED,
            ),
            repository("legacy/models", encryptionConfiguration=kms(KEY), **SCANNED),
            repository("legacy/secrets", encryptionConfiguration={"encryptionType": "KMS_DSSE", "kmsKey": KEY}),
            repository("payments/api", encryptionConfiguration={"encryptionType": "KMS_DSSE", "kmsKey": KEY}),
            repository("payments/ledger", imageTagMutability="IMMUTABLE", **SCANNED),
        ),
        *orders("us-east-1"),
        lifecycle("legacy/cache", rule(14, by="sinceImagePushed", tagStatus="any")),
        lifecycle("legacy/models", rule(3, tagStatus="tagged", tagPrefixList=["v*"])),
        policy("legacy/cache", allow("*", PULL, "Anybody")),
        key(KEY, "CUSTOMER"),
    ]


@pytest.fixture
def adopted(adopt: Adopt, home: list[object], request: pytest.FixtureRequest) -> Adopted:
    models = [
        repository("legacy/models", region, encryptionConfiguration=kms(KEY.replace("us-east-1", region)))
        for region in (EU, AP)
    ]
    eu = [described(repository("legacy/orders", EU), models[0], repository("payments/ledger", EU)), *orders(EU)]
    ap = [described(repository("legacy/orders", AP), models[1]), *orders(AP)]
    stray = [described(repository("legacy/stray", "us-west-2"), repository("legacy/api", account="111122223333"))]
    return adopt(home, eu, ap, stray, format=request.param)


@pytest.mark.parametrize("adopted", ["yaml"], indirect=True)
def test_what_is_printed(adopted: Adopted, snapshot: SnapshotAssertion) -> None:
    assert adopted.code == 0
    assert adopted.text == snapshot(name="stdout")
    assert adopted.told == snapshot(name="stderr")
    settings = adopted.pasted()
    assert {each.name for each in settings.repositories if each.adopt} == {
        "legacy/cache",
        "legacy/models",
        "legacy/orders",
    }


@pytest.mark.parametrize("adopted", ["json"], indirect=True)
def test_machines_are_told_the_same(adopted: Adopted) -> None:
    report = json.loads(adopted.text)
    assert set(report) == {"stack", "regions", "stack_keys", "other_stacks", "exceptions", "notes", "repositories"}
    assert {each["name"]: each["status"] for each in report["repositories"]} == {
        "legacy/api": "not adoptable",
        "legacy/cache": "adoptable",
        "legacy/models": "adoptable",
        "legacy/orders": "adoptable",
        "legacy/secrets": "not adoptable",
        "legacy/stray": "not adoptable",
        "payments/api": "in the catalog",
        "payments/ledger": "in the catalog",
    }


@pytest.mark.parametrize("adopted", ["yaml"], indirect=True)
def test_the_readme_shows_what_is_printed(adopted: Adopted, root: Path) -> None:
    example = (
        (root / "README.md").read_text(encoding="utf-8").partition("exceptions, as they are printed:\n\n```yaml\n")[2]
    )
    shown = example.partition("```")[0]
    assert shown
    assert [line for line in shown.splitlines() if line not in adopted.text.splitlines()] == []
