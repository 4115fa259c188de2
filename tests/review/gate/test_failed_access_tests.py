"""Tests of access in the gate: those of the change, and with a base those of the base."""

import pytest

from tests.review.clones import Clone, Ended, gate, line_of, review

MAIN = "acme/data-ingest on refs/heads/main"
PLACE = "      - {cluster: market, namespace: data}\n"
TESTS = """\
    access_tests:
      - principal: {github: acme/data-ingest, refs: [refs/heads/main, refs/tags/v1.0]}
        action: push
        expect: allowed
        regions: [us-east-1]
      - {principal: {account: data-platform}, action: pull, expect: allowed}
      - {principal: {account: workloads}, action: delete, expect: denied}
"""
TEST = "      - {principal: {account: data-platform}, action: pull, expect: allowed}\n"
GRANT = "      - {account: data-platform}\n      - {account: workloads, role"
UNGRANT = ("catalog.yaml", GRANT, "      - {account: workloads, role")
"""The account's grant of data/ingest."""
REFS = 'refs: [refs/heads/main, "refs/tags/v*"]}]\n    pull:\n      - {account: data'


@pytest.fixture
def clone(clone: Clone) -> Clone:
    """With tests of data/ingest, which main has already."""
    clone.edit("catalog.yaml", PLACE, f"{PLACE}{TESTS}")
    clone.commit()
    return clone


def failed(ended: Ended) -> list[tuple[str, str, str]]:
    """Of each test that fails: what it is about, the principal with the action, and who holds the change to it."""
    return [
        (each["urn"].rpartition("::")[2], " ".join(reversed(each["path"])), "+".join(each["judges"]))
        for each in ended.report["remarks"]
        if each["id"] == "access-test"
    ]


def against_main(clone: Clone) -> Ended:
    return clone.gate("--base=main")


def test_a_push_that_is_no_longer_granted_fails_at_the_line_of_its_test(clone: Clone) -> None:
    clone.edit("catalog.yaml", REFS, REFS.replace("heads/main", "heads/trunk"))
    ended = clone.gate()
    assert (ended.code, failed(ended)) == (1, [("data/ingest@us-east-1", f"{MAIN} push", "head")])
    (remark,) = (each for each in ended.report["remarks"] if each["id"] == "access-test")
    assert (remark["kind"], remark["level"]) == ("finding", "mandatory")
    assert line_of(clone, remark) == "- principal: {github: acme/data-ingest, refs: [refs/heads/main, refs/tags/v1.0]}"
    assert remark["message"].startswith(f"{MAIN}: push must be allowed, and is denied: the trust policy of role dev.")
    assert "data-ingest:ref:refs/heads/trunk (it is repo:acme/data-ingest:ref:refs/heads/main)" in remark["message"]


def test_what_is_granted_under_a_condition_is_neither_allowed_nor_denied(clone: Clone) -> None:
    for expect in ("allowed", "denied"):
        test = f"access_tests: [{{principal: {{account: workloads}}, action: pull, expect: {expect}}}]"
        clone.edit("catalog.yaml", "  payments/ledger:\n", f"  payments/ledger:\n    {test}\n")
        ended = clone.gate()
        assert failed(ended) == [("payments/ledger@us-east-1", "account workloads pull", "head")]
        assert "conditional: " in ended.text
        assert "if it is role ledger-task-execution of account" in ended.text
        clone.edit("catalog.yaml", f"    {test}\n", "")


def test_a_test_holds_in_every_region_and_a_push_is_to_the_home_region(clone: Clone) -> None:
    clone.edit("catalog.yaml", "        regions: [us-east-1]\n", "")
    assert failed(clone.gate()) == []
    ended = clone.gate(stack="prod")
    assert {about for about, *_ in failed(ended)} == {"data/ingest@eu-west-1", "data/ingest@ap-northeast-1"}
    fixes = {each["fix"] for each in ended.report["remarks"] if each["id"] == "access-test"}
    assert fixes == {"workflows push to the home region: add `regions: [us-east-1]`"}


def test_the_repositories_of_a_shared_test_are_tested_each(clone: Clone) -> None:
    shared = "{principal: {everyone: true}, action: pull, expect: allowed, repositories: [data/ingest, data/notebooks]}"
    clone.edit("catalog.yaml", "repositories:\n", f"access_tests: [{shared}]\nrepositories:\n")
    ended = clone.gate()
    assert [about for about, *_ in failed(ended)] == ["data/ingest@us-east-1", "data/notebooks@us-east-1"]
    remarks = [each for each in ended.report["remarks"] if each["id"] == "access-test"]
    assert {line_of(clone, each) for each in remarks} == {f"access_tests: [{shared}]"}


def test_the_text_and_the_comment_name_it_among_what_fails(clone: Clone) -> None:
    clone.edit(*UNGRANT)
    text = review(clone.folder, *gate()[:-1], "text", "--alone").text
    comment = review(clone.folder, *gate()[:-1], "markdown", "--alone").text
    for found in (text, comment):
        assert "account data-platform: pull must be allowed, and is" in " ".join(found.split())
    assert "1 mandatory" in text
    assert "**Failed**" in comment


def test_a_removed_test_holds_until_its_removal_is_merged(clone: Clone) -> None:
    clone.edit(*UNGRANT)
    clone.edit("catalog.yaml", TEST, "")
    ended = against_main(clone)
    assert (ended.code, failed(ended)) == (1, [("data/ingest@us-east-1", "account data-platform pull", "base")])
    (remark,) = (each for each in ended.report["remarks"] if each["id"] == "access-test")
    assert "a test of the base" in remark["fix"]
    assert line_of(clone, remark) == "data/ingest:"
    clone.commit()
    assert failed(against_main(clone)) == []


def test_a_test_of_both_is_reported_once_at_the_line_of_the_change(clone: Clone) -> None:
    clone.edit(*UNGRANT)
    ended = against_main(clone)
    assert failed(ended) == [("data/ingest@us-east-1", "account data-platform pull", "head+base")]
    (remark,) = (each for each in ended.report["remarks"] if each["id"] == "access-test")
    assert line_of(clone, remark) == TEST.strip()


def test_a_turned_expectation_fails_by_the_base(clone: Clone) -> None:
    clone.edit(*UNGRANT)
    clone.edit("catalog.yaml", TEST, TEST.replace("allowed", "denied"))
    assert failed(against_main(clone)) == [("data/ingest@us-east-1", "account data-platform pull", "base")]


@pytest.mark.parametrize("retired", [True, False])
def test_a_repository_that_goes_takes_its_tests_along(clone: Clone, retired: bool) -> None:
    text = (clone.folder / "catalog.yaml").read_text(encoding="utf-8")
    start, end = text.index("  data/ingest:\n"), text.index("  data/notebooks:\n")
    retire = "{until: 2026-12-31, reason: replaced}"
    if retired:  # no one can push to it any more, and who pulls still can
        entry = text[start:end].partition("    access_tests:")[0]
        clone.edit("catalog.yaml", text[start:end], f"{entry}    retire: {retire}\n\n")
    else:
        clone.edit("catalog.yaml", text[start:end], "")
        clone.edit("catalog.yaml", "repositories:\n", f"removed: {{data/ingest: {retire}}}\nrepositories:\n")
    ended = against_main(clone)
    assert failed(ended) == []
    texts = [each["message"] for each in ended.report["remarks"] if each["id"] == "plan-weakens"]
    assert ["access to data/ingest" in each for each in texts] == ([True] if retired else [])


def test_a_new_registry_is_not_held_to_the_bases_tests(clone: Clone) -> None:
    clone.edit("catalog.yaml", "        regions: [us-east-1]\n", "")
    clone.commit()
    clone.edit("Pulumi.dev.yaml", "config:\n", "config:\n  container-registry:replicas: [{region: eu-west-1}]\n")
    ended = against_main(clone)
    assert {about for about, *_ in failed(ended)} == {"data/ingest@eu-west-1"}
    fixes = {each["fix"] for each in ended.report["remarks"] if each["id"] == "access-test"}
    assert fixes == {"workflows push to the home region: add `regions: [us-east-1]`"}
