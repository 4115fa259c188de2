"""What a small stack declares, in a form that shows in a diff what a change means."""

import json

import pytest
from syrupy.assertion import SnapshotAssertion

from render.resource import Render, Resource
from review.tree import to_text
from tests.review.layout import laid_out
from tests.stacks import AWS_ALONE, PROJECT, rendered

CATALOG = """\
retention:
  services:
    - {tag: "release-*", keep: 20}
    - {tag: "dev-*", archive_unpulled_after_days: 90}
    - {untagged: true, expire_after_days: 7}
repositories:
  payments/api:
    owner: payments
    description: Takes and settles card payments
    retention: services
    mutable_tags: [latest]
    push: [{github: acme/payments-api, owner_id: 1024, repository_id: 65536, environment: production}]
    pull: [{account: workloads}, {organization: acme}, {service: lambda}, {service: ecs}]
  platform/cache:
    owner: platform
    retention: [{any: true, keep: 50}]
    encryption: aes256
"""
CACHE = "  container-registry:caches: [{upstream: ecr-public, pull: [{account: workloads}]}]\n"
AUDITOR = "  container-registry:roles: {auditors: ['arn:aws:iam::222233334444:role/security/auditor']}\n"
DOCUMENTS = ("policy", "assumeRolePolicy", "lifecyclePolicy", "repositoryPolicy")


@pytest.fixture(scope="module")
def small() -> Render:
    """Of everything one: a repository with grants and a bare one, a replica, a cache, an auditor."""
    return rendered(
        "prod",
        ("catalog.yaml", (PROJECT / "catalog.yaml").read_text(encoding="utf-8"), CATALOG),
        ("Pulumi.prod.yaml", "    - region: ap-northeast-1\n", CACHE + AUDITOR),
        *AWS_ALONE,
    )


def test_the_tree(small: Render, snapshot: SnapshotAssertion) -> None:
    assert to_text(small) == snapshot


def test_the_resources(small: Render, snapshot: SnapshotAssertion) -> None:
    """What is declared alike in both regions is shown once."""
    regions: dict[str, list[str]] = {}
    for each in small.resources:
        if each.custom:
            regions.setdefault(_lines(each, small), []).append(each.region or "no region")
    assert "\n".join(f"{' and '.join(each)}: {text}" for text, each in regions.items()) == snapshot


def test_the_outputs(small: Render, snapshot: SnapshotAssertion) -> None:
    assert laid_out(small.outputs) == snapshot


def _lines(resource: Resource, stack: Render) -> str:
    """One resource: its URN, then an input a line; a document is laid out, not one long string."""
    lines = [resource.urn.partition("::")[2].partition("::")[2] + (" (protected)" if resource.protect else "")]
    for key, value in resource.inputs.items():
        document = key in DOCUMENTS and isinstance(value, str)
        lines.append(f"  {key}: {laid_out(json.loads(value) if document else value, '  ')}")
    text = "\n".join(lines)
    if not resource.region:
        return text
    key_id = stack.outputs["registries"][resource.region]["key_arn"].rpartition("/")[2]
    return text.replace(key_id, "KEY").replace(resource.region, "REGION")
