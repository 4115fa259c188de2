"""What people and programs read of a plan: goldens that a reviewer can read, and text that stays in its place."""

import json
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from policies.pack.rule import Level
from resources.ecr import REPOSITORY
from resources.kms import KEY
from review.formatting import code_block
from review.plan.as_json import to_json
from review.plan.markdown import LIMIT, to_markdown
from review.plan.model import Consequence, Plan, Topic
from review.plan.render_diff import plan
from review.plan.text import to_text
from tests.review.plan.changed import (
    ALLOW,
    CATALOG,
    EUROPE_COMES,
    NO_EUROPE,
    REMOVED_WEB,
    RETIRE,
    RETIRED_WEB,
    WEB,
    catalog,
    changed,
    compared,
    renamed,
    small,
    web,
    with_inputs,
)
from tests.stacks import TextEdit

REMOVED = catalog("retention:\n  services", f"{REMOVED_WEB}retention:\n  services")
SITE = WEB.replace("storefront/web", "storefront/site")
SCENES: dict[str, tuple[str, tuple[TextEdit, ...], tuple[TextEdit, ...]]] = {
    "everyday": (
        "prod",
        (),
        (
            catalog("keep: 20", "keep: 10"),
            catalog("{account: workloads}, {org", "{account: data-platform}, {org"),
            catalog(WEB, WEB + SITE),
            catalog("owner: platform\n", "owner: platform\n    description: Layers of the pipelines\n"),
        ),
    ),
    "retired": ("prod", (ALLOW,), (RETIRE,)),
    "removed": ("prod", (RETIRE, ALLOW), (catalog(RETIRED_WEB, ""), REMOVED)),
    "gone": ("prod", (), (catalog(WEB, ""),)),
    # The engine deletes it first, so its policies go and come with it: seen in the steps of a real preview.
    "another encryption": ("dev", (), (web("encryption: aes256"),)),
    "a region goes": ("prod", (), (NO_EUROPE,)),
    "a region comes": ("prod", (NO_EUROPE,), (EUROPE_COMES,)),
    "adopted": ("prod", (), (catalog(CATALOG, CATALOG + SITE + "    adopt: true\n"),)),
}


@pytest.fixture(scope="module")
def scenes() -> dict[str, Plan]:
    return {
        name: replace(compared(stack, *edits, first=first).plan, against="main")
        for name, (stack, first, edits) in SCENES.items()
    }


@pytest.mark.parametrize("scene", SCENES)
def test_text(scenes: dict[str, Plan], scene: str, snapshot: SnapshotAssertion) -> None:
    text = to_text(scenes[scene])
    assert text == snapshot
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("scene", ["everyday", "removed", "a region goes"])
def test_markdown(scenes: dict[str, Plan], scene: str, snapshot: SnapshotAssertion) -> None:
    assert to_markdown(scenes[scene]) == snapshot


def test_renames_and_replaced_keys(snapshot: SnapshotAssertion) -> None:
    base = small("dev")
    heads = (
        renamed(base, "storefront/web@us-east-1", "web@us-east-1", aliases=False),
        renamed(base, "storefront/web@us-east-1", "web@us-east-1", aliases=True),
        with_inputs(base, KEY, multiRegion=True),
    )
    assert "\n\n".join(to_text(plan(base, head)) for head in heads) == snapshot


def test_nothing_and_everything(snapshot: SnapshotAssertion) -> None:
    assert f"{to_text(plan(small('dev'), small('dev')))}\n\n{to_text(plan(None, small('dev')))}" == snapshot


def test_json_is_versioned_and_holds_what_is_lost(scenes: dict[str, Plan]) -> None:
    document = json.loads(to_json(scenes["removed"]))
    assert document["version"] == 1
    assert document["counts"] == {"delete": 9}
    assert {(each["repository"], each["region"], each["fate"]) for each in document["losses"]} == {
        ("storefront/web", region, "lost") for region in ("us-east-1", "eu-west-1", "ap-northeast-1")
    }
    assert {"op", "urn", "type", "name", "region", "forced_by", "differences", "protection"} <= set(
        document["changes"][0]
    )


HOSTILE = (
    "</details></summary><script>alert(1)</script> ```\n```\n# Approved @acme/owners #1 "
    "[ok](https://example.com) ![x](http://x) `code` | <!-- --> https://example.com"
)


@pytest.mark.parametrize("where", ["tag", "rule", "statement", "note", "name"])
def test_what_people_wrote_stays_in_its_place(where: str) -> None:
    base = small("dev")
    lifecycle = json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "description": HOSTILE,
                    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
                    "action": {"type": "expire"},
                }
            ]
        }
    )
    written = {
        "tag": plan(base, with_inputs(base, REPOSITORY, tags={"description": HOSTILE})),
        "rule": plan(base, with_inputs(base, "aws:ecr/lifecyclePolicy:LifecyclePolicy", policy=lifecycle)),
        "statement": replace(plan(base, base), consequences=(Consequence(topic=Topic.PLACE, text=HOSTILE, urns=()),)),
        "note": replace(plan(base, base), notes=(HOSTILE,)),
        "name": plan(base, changed(with_inputs(base, KEY, description="x"), KEY, name=HOSTILE)),
    }
    outside, fences = _outside_of_fences(to_markdown(written[where]))
    assert fences % 2 == 0
    for live in ("<script", "@acme", "https://", "http://", " #1", "[ok](", "# Approved", "`code`"):
        assert live not in outside
    assert outside.count("<details>") == outside.count("</details>") == to_markdown(written[where]).count("<details>")


def test_a_fence_is_longer_than_any_inside() -> None:
    assert code_block(["a ```` b", "c\n```\nd"]) == ["`````", "a ```` b", "c ``` d", "`````"]


def _outside_of_fences(markdown: str) -> tuple[str, int]:
    """The text that is read as Markdown, and how many fences there are: a fence ends at one as long as it began."""
    kept: list[str] = []
    fence, count = "", 0
    for each in markdown.splitlines():
        line = each.removeprefix("> ").removeprefix("  ")  # a list's item may hold a fence
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if not fence and len(ticks) >= 3:
            fence, count = ticks, count + 1
        elif fence and line.strip() == fence:
            fence, count = "", count + 1
        elif not fence:
            kept.append(line)
    return "\n".join(kept), count


def test_a_comment_is_never_too_long() -> None:
    base = small("prod")
    one = base.resources[0]
    many, other = (
        [replace(one, urn=f"{one.urn}{n}", name=f"r{n}", custom=True, inputs={"n": f"{text}{n}"}) for n in range(1500)]
        for text in ("x" * 80, "")
    )
    text = to_markdown(plan(replace(base, resources=tuple(many)), replace(base, resources=tuple(other))))
    assert len(text) <= LIMIT
    assert "The changes are too many for a comment: see the job's log." in text


def test_what_is_lost_stays_in_the_shortest_comment() -> None:
    entry = "  team/r{}:\n    owner: team\n    retention: services\n    retire: {{until: 2027-01-31, reason: gone}}\n"
    many = "".join(entry.format(number) for number in range(300))
    first: tuple[TextEdit, ...] = (catalog(CATALOG, CATALOG + many),)
    change = compared("dev", catalog(many, ""), first=first).plan
    notes = tuple(Consequence(topic=Topic.WEAKER, text="x" * 5000, urns=()) for _ in range(9))
    change = replace(change, consequences=(*change.consequences, *notes), notes=("a note",))
    for limit in (20_000, LIMIT, 5_000, 1_000):
        text = to_markdown(change, limit=limit)
        assert len(text) <= max(limit, 5_000)
        assert "600 to delete" in text
        assert "300 repositories are deleted in us-east-1" in text
        assert {f"team/r{number}" for number in range(300)} <= set(text.split())
        assert "Weaker protection**: 9 consequences more: see the job's log." in text
        assert _outside_of_fences(text)[1] % 2 == 0


@pytest.mark.parametrize("topic", Topic)
def test_what_can_lose_images_or_fails_is_in_every_comment(topic: Topic) -> None:
    grave = {Topic.LOSS, Topic.RETENTION, Topic.KEY, Topic.BLOCKED, Topic.POLICY, Topic.ADOPTION}
    much = tuple(Consequence(topic=topic, text=f"{number} {'x' * 500}", urns=()) for number in range(9))
    failing = replace(much[0], text="fails", id="plan-weakens", level=Level.MANDATORY)
    text = to_markdown(replace(plan(None, small("dev")), consequences=(*much, failing)), limit=1000)
    assert [text.count(f"- {number} x") for number in range(9)] == [int(topic in grave)] * 9
    assert "❌ <code>plan-weakens</code> fails" in text


def test_statements_too_many_for_a_comment_are_cut() -> None:
    much = tuple(Consequence(topic=Topic.PLACE, text="x" * 1000, urns=()) for _ in range(100))
    text = to_markdown(replace(plan(None, small("dev")), consequences=much))
    assert len(text) <= LIMIT
    assert "too many for a comment" in text
    assert "100 consequences more: see the job's log" in text


def test_a_description_with_line_breaks_is_one_line() -> None:
    rule = '[{any: true, keep: 40, description: "one\\n# two"}]'
    text = to_markdown(compared("dev", catalog("[{any: true, keep: 50}]", rule)).plan)
    assert "(one # two)" in text
