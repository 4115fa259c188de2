"""A registry as people have made it by hand over the years, and what is printed of it."""

from typing import Any

from syrupy.assertion import SnapshotAssertion

from tests.conftest import ROOT
from tests.ops.conftest import Adopt
from tests.ops.outputs import (
    AP,
    DEV,
    EU,
    HOME,
    KEY,
    PROD,
    PULL,
    PUSH,
    allow,
    described,
    encrypted,
    key,
    kms,
    lifecycle,
    mutability,
    policy,
    repository,
    rule,
    tagged,
)  # fmt: skip

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
    allow("*", PULL, "Everyone", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
)


def orders(region: str) -> list[object]:
    return [lifecycle("legacy/orders", *ORDERS_KEPT), policy("legacy/orders", *ORDERS_GRANTS), tagged(TAGS, region)]


def registry() -> list[list[Any]]:
    """A file for each region, and one of what is elsewhere."""
    dsse = encrypted("KMS_DSSE", KEY)
    home = [
        described(
            repository("legacy/orders"),
            repository("legacy/cache", **mutability("IMMUTABLE_WITH_EXCLUSION", "cache-*"), **SCANNED),
            repository("legacy/models", **kms(KEY), **SCANNED),
            repository("legacy/secrets", **dsse),
            repository("payments/api", **dsse),
            repository("payments/ledger", imageTagMutability="IMMUTABLE", **SCANNED),
        ),
        *orders(HOME),
        lifecycle("legacy/cache", rule(14, by="sinceImagePushed", tagStatus="any")),
        lifecycle("legacy/models", rule(3, tagStatus="tagged", tagPrefixList=["v*"])),
        policy("legacy/cache", allow("*", PULL, "Anybody")),
        key(KEY, "CUSTOMER"),
    ]
    models = [repository("legacy/models", each, **kms(KEY.replace(HOME, each))) for each in (EU, AP)]
    eu = [described(repository("legacy/orders", EU), models[0], repository("payments/ledger", EU)), *orders(EU)]
    ap = [described(repository("legacy/orders", AP), models[1]), *orders(AP)]
    stray = [described(repository("legacy/stray", "us-west-2"), repository("legacy/api", account=DEV))]
    return [home, eu, ap, stray]


def test_what_is_printed(adopt: Adopt, snapshot: SnapshotAssertion) -> None:
    adopted = adopt(*registry(), format="yaml")
    assert adopted.code == 0
    assert adopted.text == snapshot(name="stdout")
    assert adopted.error == snapshot(name="stderr")
    example = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8").partition("printed:\n\n```yaml\n")[2]
    shown = example.partition("```")[0].splitlines()
    assert shown
    assert [line for line in shown if not {line, f"{line},"} & {*adopted.text.splitlines()}] == []
    settings = adopted.pasted()
    adopting = {each.name for each in settings.repositories if each.adopt}
    assert adopting == {"legacy/cache", "legacy/models", "legacy/orders"}
