"""Exceptions at the gate: by URN and by repository, merged first, past their day, and those that a failure needs."""

import json
import subprocess

import pytest

from tests.cases import cases
from tests.review.clones import (
    ANY_TAG,
    API,
    API_URN,
    KEY,
    Clone,
    gate,
    incomplete,
    line_of,
    review,
    run_renders_in_process,
)

MONTH = {"enforcementLevel": "mandatory", "minimum_days": 30}


def test_an_exception_counts_once_it_is_merged(clone: Clone) -> None:
    exception = {"urn": API_URN, "reason": "the vendor pushes over its tags", "until": "2027-01-31"}
    clone.levels("dev", ecr_tags_immutable={"enforcementLevel": "mandatory", "exceptions": [exception]})
    alone = clone.gate("--base", "main")
    assert (alone.code, alone.of("unused")) == (0, [("ecr-tags-immutable", API, "advisory", "head")])
    clone.commit()
    clone.edit(*ANY_TAG)
    assert clone.gate("--base", "main~1").code == 1
    merged = clone.gate("--base", "main")
    assert (merged.code, merged.of("excepted")) == (0, [("ecr-tags-immutable", API, "mandatory", "head")])


LATER = {"reason": "the vendor pushes over its tags", "until": "2027-01-31"}


def _excepting(**exception: object) -> dict[str, object]:
    return {"enforcementLevel": "mandatory", "exceptions": [LATER | exception]}


def test_an_exception_by_repository_is_for_every_region(clone: Clone) -> None:
    clone.levels("prod", ecr_tags_immutable=_excepting(repository="payments/api"))
    clone.commit()
    clone.edit(*ANY_TAG)
    ended = clone.gate("--base", "main", stack="prod")
    regions = ("ap-northeast-1", "eu-west-1", "us-east-1")
    excepted = [("ecr-tags-immutable", f"payments/api@{each}", "mandatory", "head") for each in regions]
    assert (ended.code, sorted(ended.of("excepted"))) == (0, excepted)


def test_an_exception_for_an_unknown_repository_fails_and_names_the_nearest(clone: Clone) -> None:
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/apj"))
    ended = clone.gate("--base", "main")
    assert (ended.code, ended.of("finding")) == (1, [("ecr-tags-immutable", "", "mandatory", "head")])
    [remark] = (each for each in ended.report["remarks"] if each["kind"] == "finding")
    assert "'payments/apj' is not a repository of the stack dev" in remark["message"]
    assert remark["fix"].startswith('write `"repository": "payments/api"`')
    assert '"repository": "payments/apj"' in line_of(clone, remark)
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/apj", new=True))
    new = clone.gate("--base", "main")
    assert (new.code, new.of("unused")) == (0, [("ecr-tags-immutable", "", "advisory", "head")])
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/api"))
    assert clone.gate().of("unused") == [("ecr-tags-immutable", "", "advisory", "head")]


def test_an_exception_is_no_longer_new_once_its_repository_is_merged(clone: Clone) -> None:
    """Until then the change that adds the repository needs it as it is."""
    catalog = clone.folder / "catalog.yaml"
    before = catalog.read_text(encoding="utf-8")
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="vendor/tool", new=True))
    clone.commit()
    catalog.write_text(f"{before}  vendor/tool: {{owner: payments, mutable_tags: ['*']}}\n", encoding="utf-8")
    assert clone.gate("--base", "main").of("unused") == []
    clone.commit()
    ended = clone.gate("--base", "main")
    [remark] = (each for each in ended.report["remarks"] if each["kind"] == "unused")
    assert (ended.code, remark["fix"]) == (0, 'remove `"new": true`')
    assert (
        remark["message"] == 'vendor/tool: unused "new" of the exception until 2027-01-31, the repository is declared'
    )
    assert '"new": true' in line_of(clone, remark)
    clone.edit("catalog.yaml", ", mutable_tags: ['*']", "")
    [remark] = (each for each in clone.gate("--base", "main").report["remarks"] if each["kind"] == "unused")
    assert remark["fix"] == "remove the exception"


def test_an_unknown_repository_in_the_bases_exceptions_blocks_no_change(clone: Clone) -> None:
    """Else nothing could mend it."""
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/apj"))
    clone.commit()
    clone.levels("dev", ecr_tags_immutable="mandatory")
    assert clone.gate("--base", "main").code == 0


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_exceptions_of_what_fails_are_printed_and_pass_once_merged(clone: Clone, form: str) -> None:
    edited = (clone.folder / "catalog.yaml").read_text(encoding="utf-8").replace(*ANY_TAG[1:])
    edited += "  vendor/tool: {owner: payments, mutable_tags: ['*']}\n"
    file = clone.folder / "catalog.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(edited, encoding="utf-8")
    until = "2027-02-19"
    api = {"repository": "payments/api", "reason": "", "until": until}
    tool = {"repository": "vendor/tool", "new": True, "reason": "", "until": until}
    block = clone.gate("--base", "main", stack="prod").report["exceptions"]
    assert block == {"ecr-tags-immutable": {"enforcementLevel": "mandatory", "exceptions": [api, tool]}}
    text = clone.gate("--base", "main", "--format", form, stack="prod").text
    assert ("policies/prod.json" in text, "in a change of its own" in text) == (True, True)
    printed = text[text.index('  "ecr-tags-immutable": {') :]
    assert json.JSONDecoder().raw_decode(printed.partition(": ")[2])[0] == block["ecr-tags-immutable"]
    for each in (api, tool):
        each["reason"] = "the vendor pushes over its tags"
    file.write_text(before, encoding="utf-8")
    clone.levels("prod", **block | {"ecr-tags-immutable": {"enforcementLevel": "mandatory", "exceptions": [api, tool]}})
    assert clone.gate("--base", "main", stack="prod").code == 0
    clone.commit()
    file.write_text(edited, encoding="utf-8")
    ended = clone.gate("--base", "main", stack="prod")
    assert (ended.code, ended.report["exceptions"]) == (0, {})


def test_a_finding_says_its_own_fix(clone: Clone) -> None:
    clone.edit("catalog.yaml", '- {tag: "release-*", keep: 20}', '- {tag: "release-*", keep: 3}')
    remarks = [each for each in clone.gate().report["remarks"] if each["id"] == "ecr-lifecycle-sound"]
    assert {each["fix"] for each in remarks} == {"write `keep: 5`"}


def test_a_key_and_what_has_its_exception_already(clone: Clone) -> None:
    """The first by its URN; the second waits for its exception to be merged."""
    clone.levels("dev", kms_deletion_window=MONTH, ecr_tags_immutable=_excepting(repository="payments/api"))
    clone.edit(*ANY_TAG)
    ended = clone.gate("--base", "main")
    assert ended.of("finding") == [
        ("ecr-tags-immutable", API, "mandatory", "base"), ("kms-deletion-window", KEY, "mandatory", "head"),
    ]  # fmt: skip
    [(rule, value)] = ended.report["exceptions"].items()
    assert (rule, value["minimum_days"]) == ("kms-deletion-window", 7)
    assert [list(each) for each in value["exceptions"]] == [["urn", "reason", "until"]]


@cases("until", "2026-11-20", "2028-01-01")
@cases("base", [], ["--base", "main"])
def test_an_exception_with_a_day_that_is_not_allowed_is_removed_or_gets_another(
    clone: Clone, base: list[str], until: str
) -> None:
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/api", until=until))
    ended = clone.gate(*base)
    [remark] = (each for each in ended.report["remarks"] if each["kind"] == "finding")
    assert remark["fix"] == 'remove the exception, or write a day that is allowed, as in "until": "2027-11-22"'
    assert (ended.code, ended.report["exceptions"]) == (1, {})
    clone.edit(*ANY_TAG)
    [value] = clone.gate(*base).report["exceptions"].values()
    assert value["exceptions"] == [{"repository": "payments/api", "reason": "", "until": "2027-02-19"}]


def test_a_change_removes_an_exception_that_ended_in_the_base(clone: Clone) -> None:
    """What it covered still fails by the base's rules."""
    clone.levels("dev", ecr_tags_immutable=_excepting(repository="payments/api", until="2026-11-20"))
    clone.commit()
    assert clone.gate("--base", "HEAD").of("finding") == [("ecr-tags-immutable", API, "mandatory", "head+base")]
    clone.levels("dev", ecr_tags_immutable="mandatory")
    ended = clone.gate("--base", "HEAD")
    assert (ended.code, ended.of("finding")) == (0, [])
    clone.levels("dev", ecr_tags_immutable="advisory")
    clone.edit(*ANY_TAG)
    ended = clone.gate("--base", "HEAD")
    assert (ended.code, ended.of("finding")) == (1, [("ecr-tags-immutable", API, "mandatory", "head+base")])
    [changed] = (each["message"] for each in ended.report["remarks"] if each["kind"] == "code")
    remark = "1 file under policies/ changed: part of the gate itself (ecr-tags-immutable: mandatory -> advisory)"
    assert changed == remark


def test_the_exceptions_have_the_parameters_of_the_base(clone: Clone) -> None:
    """And there are none beside `merge the change of these levels first`."""
    clone.edit("catalog.yaml", '- {tag: "release-*", keep: 20}', '- {tag: "release-*", keep: 3}')
    clone.levels("dev", ecr_lifecycle_sound={"enforcementLevel": "mandatory", "minimum_kept": 3})
    ended = clone.gate("--base", "main")
    assert {each[3] for each in ended.of("finding")} == {"base"}
    assert (ended.code, ended.report["exceptions"]) == (1, {})
    clone.levels("dev", ecr_lifecycle_sound={"enforcementLevel": "mandatory", "minimum_kept": 4})
    [value] = clone.gate("--base", "main").report["exceptions"].values()
    assert "minimum_kept" not in value


def test_an_adopted_repository_is_not_advised_another_encryption(clone: Clone) -> None:
    entry = "  legacy/orders: {owner: payments, encryption: aes256, adopt: true}\n"
    catalog = clone.folder / "catalog.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8") + entry, encoding="utf-8")
    ended = clone.gate("--base", "main")
    [remark] = (each for each in ended.report["remarks"] if each["id"] == "ecr-customer-key")
    assert remark["fix"] == "adoption can't change how it is encrypted: merge an exception first"
    assert "encryption: customer" not in ended.text
    [exception] = ended.report["exceptions"]["ecr-customer-key"]["exceptions"]
    assert exception["reason"] == "adopted: how it is encrypted can't be changed"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace(", adopt: true", ""), encoding="utf-8")
    assert "encryption: customer" in clone.gate("--base", "main").text


def test_a_base_that_cannot_read_exceptions_by_repository_names_the_commit(
    whole: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own code judges; that all else is done by this process's makes no difference."""
    monkeypatch.setattr(subprocess, "run", run_renders_in_process)
    code = "policies/pack/rule.py"
    new = (whole.folder / code).read_text(encoding="utf-8")
    whole.edit(code, "    repository: Annotated", "    repo: Annotated")
    whole.edit(code, "bool(self.urn) == bool(self.repository)", "bool(self.urn) == bool(self.repo)")
    whole.commit()
    whole.git("tag", "old")
    exceptions = _excepting(repository="payments/api")
    whole.levels("dev", ecr_tags_immutable=exceptions)
    (whole.folder / code).write_text(new, encoding="utf-8")
    [remark] = incomplete(review(whole.folder, *gate(), "--base", "old"))
    assert (remark["level"], remark["fix"].partition(",")[0]) == ("advisory", f"merge the change of {code} first")
    whole.commit()
    [remark] = incomplete(review(whole.folder, *gate(), "--base", "old"))
    commit = whole.git("log", "-1", "--format=%h").strip()
    assert remark["fix"].startswith(f"merge the commit {commit} first")
    assert incomplete(review(whole.folder, *gate(), "--base", "HEAD")) == []
    whole.git("checkout", "--quiet", "old", "--", code)
    whole.git("commit", "--quiet", "--message", "back")
    whole.git("tag", "broken")
    (whole.folder / code).write_text(new, encoding="utf-8")
    [remark] = incomplete(review(whole.folder, *gate(), "--base", "broken"))
    assert (remark["level"], remark["fix"].partition(",")[0]) == ("mandatory", f"merge the change of {code} first")
