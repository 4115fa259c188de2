"""What a reader finds in the gate's report of a change: losses first, each fact once, and why a judge says so."""

import re

import pytest

from domain.aws import REGIONS
from tests.review.clones import ANY_TAG, API, API_URN, Clone, review

EVERYWHERE = "in ap-northeast-1, eu-west-1 and us-east-1 (account 222233334444)"
FEWER = "Keep the newest 20 images tagged release-* → Keep the newest 3 images tagged release-*"
LOST = (
    f"payments/api, payments/ledger and storefront/web (preset services) {EVERYWHERE} expire sooner: {FEWER}.",
    f"Every tag of storefront/web {EVERYWHERE} can be overwritten from now on",
    f"data/ingest and data/notebooks are deleted {EVERYWHERE}.",
    "data/intake looks like data/ingest renamed, but ECR can't rename a repository: the new one starts empty.",
)


def test_four_edits_are_one_short_comment_with_every_loss(four: Clone) -> None:
    ended = four.gate("--base", "HEAD", "--format", "markdown", stack="prod")
    assert ended.code == 1
    lines = ended.text.replace("&#42;", "*").splitlines()
    assert len(lines) < 60
    for text in LOST:
        assert sum(text in line for line in lines) == 1, text
    # Before anything else is said, and no destroyed repository under more than one rule.
    assert lines[2:4] == ["> [!CAUTION]", "> **Retention**"]
    assert [line for line in lines if "❌" in line and "data/notebooks" in line] == [
        line for line in lines if "❌ <code>plan-destroys" in line
    ]
    # In each list one line for each fact, whatever the number of regions.
    failed = [line for line in lines if line.startswith("- ❌")]
    assert [line.partition(" (")[0] for line in failed] == [
        "- ❌ <code>ecr-lifecycle-sound</code> payments/api, payments/ledger and storefront/web in 3 regions",
        "- ❌ <code>ecr-tags-immutable</code> storefront/web in 3 regions",
    ]
    assert "2 earlier remarks, unchanged: iam-github-ids" in lines


def test_the_terminal_has_the_same_facts_in_the_same_order(four: Clone) -> None:
    text = four.gate("--base", "HEAD", "--format", "text", stack="prod").text
    flat = " ".join(text.split())
    places = [flat.index(each) for each in (*LOST, " Failed ", " Access ", " 2 earlier remarks", " Changes ")]
    assert places == sorted(places)
    assert flat.startswith("Gate, stack prod: failed; 3 mandatory, 2 advisory (2 in the plan), of ")


def test_the_headline_counts_what_the_lists_hold(four: Clone) -> None:
    """Those of the plan are above the list of the others."""
    (four.folder / "requirements.txt").write_text("# new\n", encoding="utf-8")
    text = four.gate("--base", "HEAD", "--format", "markdown", stack="prod").text
    assert "3 mandatory, 3 advisory (2 in the plan), of " in text
    assert "<summary>Advisory: 1</summary>" in text


def test_the_json_has_them_all(four: Clone) -> None:
    remarks = four.gate("--base", "HEAD", stack="prod").report["remarks"]
    earlier = [each for each in remarks if each["earlier"]]
    assert {each["id"] for each in earlier} == {"iam-github-ids"}
    assert {each["urn"].rpartition("@")[2] for each in remarks if each["id"] == "ecr-tags-immutable"} <= set(REGIONS)
    assert sum(each["id"] == "ecr-tags-immutable" for each in remarks) == 3


def test_what_a_change_brings_is_not_earlier(clone: Clone) -> None:
    clone.levels("dev", iam_github_ids="advisory")
    clone.commit()
    clone.edit("catalog.yaml", "github: acme/storefront,", "github: acme/shop,")
    findings = [each for each in clone.gate("--base", "HEAD").report["remarks"] if each["kind"] == "finding"]
    brought = [re.findall("acme/[a-z-]+", each["message"])[0] for each in findings if not each["earlier"]]
    assert (brought, len(findings)) == (["acme/shop"], 3)


def test_a_rule_that_becomes_advisory_with_the_change_is_not_earlier(clone: Clone) -> None:
    clone.levels("dev", iam_github_ids="advisory")
    findings = [each for each in clone.gate("--base", "main").report["remarks"] if each["kind"] == "finding"]
    assert {(each["earlier"], each["note"]) for each in findings} == {
        (False, "only this change's rules say so, not those of main")
    }


def test_a_dropped_registry_is_one_fact(clone: Clone) -> None:
    clone.edit("Pulumi.prod.yaml", "    - region: eu-west-1\n", "")
    ended = clone.gate("--base", "main", stack="prod")
    failing = [each for each in ended.report["remarks"] if each["level"] == "mandatory"]
    assert [each["id"] for each in failing] == ["plan-replica-dropped"]
    text = clone.gate("--base", "main", "--format", "text", stack="prod").text.partition("\nChanges")[0]
    before_access = text.partition("\nAccess")[0]
    assert [before_access.count(name) for name in ("payments/ledger", "data/notebooks")] == [1, 1]


def test_the_base_alone_judges_and_says_what_to_merge_first(clone: Clone) -> None:
    exception = {"urn": API_URN, "reason": "the vendor pushes over its tags", "until": "2027-01-31"}
    clone.edit(*ANY_TAG)
    first = "in a pull request of its own: until then the base's count as well"

    def note(level: object) -> str:
        clone.levels("dev", ecr_tags_immutable=level)
        ended = clone.gate("--base", "main")
        [finding] = [each for each in ended.report["remarks"] if each["kind"] == "finding"]
        assert (ended.code, finding["urn"].rpartition("::")[2]) == (1, API)
        shown = " ".join(clone.gate("--base", "main", "--format", "text").text.split())
        assert finding["note"] in shown
        return str(finding["note"])

    assert note({"enforcementLevel": "mandatory", "exceptions": [exception]}) == (
        f"main has no such exception: merge the exception in policies/dev.json first, {first}"
    )
    assert note("disabled") == f"only the rules and levels of main say so: merge the change of these first, {first}"
    assert note("advisory") == (
        f"mandatory in main, no longer in this change: merge the level in policies/dev.json first, {first}"
    )


@pytest.mark.parametrize("form", ["json", "text", "markdown"])
def test_what_the_registrys_own_service_can_configure_is_no_change_of_access(clone: Clone, form: str) -> None:
    entry = "  data/second:\n    owner: data-platform\n    pull: [{account: workloads}]\n"
    clone.edit("catalog.yaml", "  data/notebooks:\n", f"{entry}\n  data/notebooks:\n")
    clone.edit("catalog.yaml", "  payments/ledger:\n", "  payments/other:\n")
    text = clone.gate("--base", "main", "--format", form, stack="prod").text.partition("\nChanges")[0]
    text = text.replace("<code>", "`").replace("</code>", "`")
    assert "account 555566667777 can now pull `data/second`" in text
    assert "can no longer access `payments/ledger`, which is deleted" in text
    assert "Amazon ECR" not in text
    assert "ecr.amazonaws.com" not in text
    assert "Amazon ECR for this registry" in review(clone.folder, "access", "--stack", "prod").text
