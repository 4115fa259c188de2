"""What a change at GitHub means for the workflows that push, and how many requests it takes."""

from dataclasses import replace
from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.github_source import REQUESTS_PER_HOUR
from render.resource import Resource
from resources.github import ENVIRONMENT, RULESET
from review.plan.github_consequences import github_consequences
from review.plan.model import Change, Compared, Op, Plan, Topic
from review.plan.render_diff import plan
from review.plan.text import to_text
from tests.cases import cases
from tests.stacks import NO_GITHUB, NO_MONITORING, TextEdit, rendered

OPTIONS = "production: {reviewers: {teams: [4201]}}"
REVIEWED = "{reviewers: {teams: [4201]}"
ADMITS = ',\n         admits: [refs/heads/main, "refs/tags/v*"]'
LEDGER = """\
      - github: acme/payments-ledger
        owner_id: 1024
        repository_id: 65537
        subject: name
        environment: production
        stacks: [prod]
"""
STOREFRONT = 'push: [{github: acme/storefront, refs: [refs/heads/main, "refs/tags/v*"]}]'
CHECKS = "required_checks: [build, test]"


LEDGER_ADOPTED = "payments-ledger: {policies: {production: {refs/heads/main: 71}}}"


def adopts(entry: str) -> TextEdit:
    return "Pulumi.prod.yaml", "    owner: acme\n", f"    owner: acme\n    adopt: {{{entry}}}\n"


def options(new: str) -> TextEdit:
    return "Pulumi.prod.yaml", OPTIONS, f"production: {new}"


def catalog(old: str, new: str) -> TextEdit:
    return "catalog.yaml", old, new


def changed(*edits: TextEdit, base: tuple[TextEdit, ...] = ()) -> Plan:
    base = (*NO_MONITORING, *base)
    return plan(rendered("prod", *base), rendered("prod", *base, *edits), date(2026, 11, 30))


EDITS: dict[str, tuple[TextEdit, ...]] = {
    "no reviewers": (options("{}"),),
    "another reviewer": (options("{reviewers: {users: [7]}}"),),
    "its own approval": (options(f"{REVIEWED}, prevent_self_review: false}}"),),
    "administrators": (options(f"{REVIEWED}, admins_bypass: true}}"),),
    "one more branch": (catalog(ADMITS, ADMITS.replace("]", ", refs/heads/next]")),),
    "one tag less": (catalog(ADMITS, ""),),
    "an environment and its role": (catalog(LEDGER, ""),),
    "an environment whose role stays": (
        ("Pulumi.prod.yaml", "    owner: acme\n", "    owner: acme\n    repositories: [payments-api, storefront]\n"),
    ),
    "variables": (catalog(STOREFRONT, STOREFRONT.replace("}]", ", stacks: [dev]}]")),),
    "a check less": (catalog(CHECKS, "required_checks: [build]"),),
    "no ruleset of its own": (("Pulumi.prod.yaml", "    owns_repositories: true\n", ""),),
    "an import": (("Pulumi.prod.yaml", "    owner: acme\n", "    owner: acme\n    adopt: {payments-api: {}}\n"),),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_a_change_means(name: str, snapshot: SnapshotAssertion) -> None:
    found = [
        each for each in changed(*EDITS[name]).consequences if each.topic in (Topic.SOURCE, Topic.WEAKER, Topic.BLOCKED)
    ]
    assert [f"{each.topic} {each.id or '-'}: {each.text}" for each in found] == snapshot


@cases("wait, later, weaker", (90, 0, True), (0, 90, False), (90, 30, True))
def test_a_shorter_wait_is_weaker(wait: int, later: int, weaker: bool) -> None:
    base = (options(f"{REVIEWED}, wait_minutes: {wait}}}"),)
    edit = ("Pulumi.prod.yaml", f"wait_minutes: {wait}", f"wait_minutes: {later}")
    texts = [each.text for each in changed(edit, base=base).consequences]
    assert any(f"wait for {later} minutes in place of {wait}" in each for each in texts) is weaker


def test_changes_are_at_github() -> None:
    text = to_text(changed(*EDITS["administrators"]))
    assert "acme/payments-api:production and acme/payments-ledger:production at GitHub: RepositoryEnvironment" in text
    assert "canAdminsBypass: false → true" in text


def test_a_stack_that_begins_with_github_is_created_and_nothing_is_weaker() -> None:
    without = rendered("prod", *NO_GITHUB, *NO_MONITORING)
    assert not any(each.type.startswith("github:") for each in without.resources)
    found = plan(without, rendered("prod", *NO_MONITORING), date(2026, 11, 30))
    assert {each.op for each in found.changes} == {Op.CREATE}
    assert [each.topic for each in found.consequences] == []


def test_all_that_leaves_is_shown() -> None:
    found = plan(rendered("prod"), rendered("prod", *NO_GITHUB), date(2026, 11, 30))
    weaker = [each.text for each in found.consequences if each.id == "plan-weakens"]
    for environment in ("prod", "preview-prod", "drift-prod"):
        assert any(
            each.startswith(f"Environment {environment} of acme/container-registry is deleted") for each in weaker
        )
    assert any("acme/container-registry: a merge no longer needs" in each for each in weaker)


def _many(count: int) -> Compared:
    provider = "urn:pulumi:prod::container-registry::pulumi:providers:github::acme::1"
    made = Resource(
        urn="any", type=RULESET, name="any", custom=True, parent="", provider=provider, region=None, protect=False,
        inputs={"repository": "any", "rules": {}}, outputs={}, dependencies=(), options={},
    )  # fmt: skip
    one = Change(op=Op.CREATE, urn="any", type=ENVIRONMENT, name="any", region=None, account="1", new=made)
    return Compared(changes=[one] * count, olds=(), is_new=True)


@cases(
    "count, topic, fails",
    (166, None, False),
    (167, Topic.SOURCE, False),
    (REQUESTS_PER_HOUR // 3, Topic.SOURCE, False),
    (REQUESTS_PER_HOUR // 3 + 1, Topic.BLOCKED, True),
)
def test_requests_are_held_to_the_limit(count: int, topic: Topic | None, fails: bool) -> None:
    found = list(github_consequences(_many(count)))
    assert [(each.topic, each.fails) for each in found] == ([(topic, fails)] if topic else [])
    assert all(f"up to {3 * count:,} requests to GitHub, which answers 5,000 in an hour" in each.text for each in found)


def test_an_import_makes_more_requests_than_a_creation() -> None:
    compared = _many(200)
    imports = [replace(each, op=Op.ADOPT) for each in compared.changes[:100]]
    (found,) = github_consequences(replace(compared, changes=[*imports, *compared.changes[100:]]))
    assert f"up to {100 * 3 + 100 * 5} requests" in found.text


def test_an_import_is_one_consequence() -> None:
    found = plan(rendered("prod", *NO_GITHUB), rendered("prod", adopts(LEDGER_ADOPTED)), date(2026, 11, 30))
    assert found.counts()[Op.ADOPT] == 6
    (adoption,) = found.consequences
    assert (adoption.topic, len(adoption.urns)) == (Topic.ADOPTION, 6)
    assert adoption.text.startswith("acme/payments-ledger:production, acme/payments-ledger:production:AWS_REGION")
    assert "acme/payments-ledger:production:refs/heads/main" in adoption.text


@cases(
    "adopted, managed, fails",
    ("payments-api: {}", [], False),
    ("payments-api: {ruleset: 1201}", ["acme/payments-api"], True),
    (LEDGER_ADOPTED, ["acme/payments-ledger:production:refs/heads/main"], False),
)
def test_a_number_for_what_the_stack_has_is_told(adopted: str, managed: list[str], fails: bool) -> None:
    """The engine would import it once more, and then delete it: the same ruleset, or a policy of another number."""
    found = list(changed(adopts(adopted)).consequences)
    assert {each.id for each in found} <= {"plan-adopts-managed"}
    assert [urn.rpartition("::")[2] for each in found for urn in each.urns] == managed
    assert any(each.fails for each in found) is fails
    # What has the number from the start is not imported once more, and nothing happens when it leaves.
    entry = adopts(adopted)
    assert not changed(("catalog.yaml", "owner: storefront", "owner: shop"), base=(entry,)).consequences
    assert not changed((entry[0], entry[2], entry[1]), base=(entry,)).changes
