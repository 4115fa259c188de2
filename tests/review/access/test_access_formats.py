"""What people and programs read of the matrix: goldens that a reviewer can read, and text that stays in its place."""

import json
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from render.resource import Render
from review.access.access_diff import access_changes
from review.access.as_json import changes_to_json, to_json
from review.access.evaluation import access_matrix
from review.access.markdown import changes_to_markdown, to_markdown
from review.access.matrix import Grantee, Matrix
from review.access.text import changes_to_text, to_text
from review.formatting import folded_lines, with_code
from tests.review.access.scene import API, LOGIN, OTHER, THIRD, allow, deny, found, github, mine, repository, role

HOSTILE = "</details> | <img src=x> @acme/owners [a](https://evil.example)\n# big *b* www.evil.example"


@pytest.fixture
def mixed() -> Matrix:
    """A scene with every column, a condition, a role without login, and what differs by region."""
    outside = deny("*", "ecr:PutImage", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
    workflows = github("repo:acme/payments-api:ref:refs/heads/main", "repo:acme/payments-api:ref:refs/tags/v*")
    return found(
        repository(API, allow({"AWS": OTHER}, Sid="Workloads"), outside),
        repository(API, allow({"AWS": [OTHER, THIRD]}, Sid="Workloads"), region="eu-west-1"),
        repository("platform/cache"),
        role("push-payments-api", mine(), trust=workflows),
        role("manage", mine(["ecr:TagResource", "ecr:BatchDeleteImage"]), LOGIN),
    )


def test_the_dev_stack(dev: Render, snapshot: SnapshotAssertion) -> None:
    assert to_text(access_matrix(dev)) == snapshot


@pytest.mark.parametrize("form", [to_text, to_markdown, to_json])
def test_it_reads_like_this(mixed: Matrix, form: object, snapshot: SnapshotAssertion) -> None:
    assert callable(form)
    text = form(mixed)
    assert text == snapshot
    assert form is not to_text or max(map(len, text.splitlines())) <= 120


def test_changes_read_like_this(mixed: Matrix, snapshot: SnapshotAssertion) -> None:
    turned = access_changes(found(repository(API), repository("platform/cache", allow({"AWS": THIRD}))), mixed)
    heading = "who may do what from now on, against main"
    assert "\n\n".join([changes_to_text(turned, heading), changes_to_markdown(turned, heading)]) == snapshot
    document = json.loads(changes_to_json(turned, mixed, "main"))
    assert (document["version"], document["base"], len(document["changes"])) == (1, "main", len(turned))
    assert [each["text"] for each in document["changes"]] == [str(each) for each in turned]


def test_no_change_is_said(mixed: Matrix) -> None:
    assert "No access changes." in changes_to_text((), "heading")
    assert "No access changes." in changes_to_markdown((), "heading")
    assert json.loads(changes_to_json((), mixed, "main"))["changes"] == []


def test_nothing_of_a_label_breaks_out_of_a_comment(mixed: Matrix) -> None:
    principal = Grantee(kind=mixed.cells[0].principal.kind, id="x", label=f"`{HOSTILE}`", entrants=(HOSTILE,))
    hostile = replace(mixed, cells=tuple(replace(each, principal=principal, policy=HOSTILE) for each in mixed.cells))
    text = to_markdown(hostile)
    for raw in ("<img", "@acme", "](", "https://", "`", "\n# ", "www.", "*b*"):
        assert raw not in text, raw
    assert text.count("<details>") == text.count("</details>")
    assert with_code("a `b` c") == "a <code>b</code> c"
    assert with_code("a `b") == "a <code>b</code>"


def test_long_lists_are_folded_and_cut() -> None:
    assert folded_lines(["a", "b"]) == "- a\n- b"
    assert folded_lines(["a"] * 7).count("<details>") == 0
    assert folded_lines(["a"] * 8).startswith("<details><summary>8 changes</summary>")
    cut = folded_lines(["x" * 100] * 50, 1_000)
    assert len(cut) < 1_200
    assert "and 41 more: see the job's log" in cut
