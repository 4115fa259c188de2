"""A preview that the engine wrote (preview.json: 3.260, `pulumi preview --json`), and what may come in its place."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.document_text import SECRET, UNKNOWN
from resources import OnChange
from review.plan.as_json import to_json
from review.plan.destruction import fate, old_name
from review.plan.markdown import to_markdown
from review.plan.model import Consequence, Fate, Op, Plan, Protection, Topic
from review.plan.preview import InvalidPreview, plan_of_preview
from review.plan.text import to_text
from tests.cases import cases
from tests.review.plan.changed import destroyed

RECORDED = Path(__file__).parent / "preview.json"
STACK = "urn:pulumi:dev::container-registry::"
WEB = f"{STACK}container-registry:index:ImageRepository$aws:ecr/repository:Repository::storefront/web@us-east-1"

Json = dict[str, Any]


@pytest.fixture
def recorded() -> Json:
    content: Json = json.loads(RECORDED.read_text(encoding="utf-8"))
    return content


def read(preview: object, stack: str = "dev") -> Plan:
    text = preview if isinstance(preview, str) else json.dumps(preview)
    return plan_of_preview(text, file="preview.json", stack=stack)


def step(recorded: Json, urn: str = WEB) -> Json:
    (found,) = (each for each in recorded["steps"] if each["urn"] == urn)
    return dict(copy.deepcopy(found))


def test_what_it_says(recorded: Json, snapshot: SnapshotAssertion) -> None:
    assert to_text(read(recorded)) == snapshot


def test_details_of_the_provider_win_over_the_table(recorded: Json) -> None:
    detailed = step(recorded) | {"detailedDiff": {"tags.owner": {"kind": "update-replace", "inputDiff": True}}}
    detailed["newState"]["inputs"]["tags"]["owner"] = "shop"
    (change,) = read({"steps": [detailed]}).changes
    assert {(each.path, each.effect) for each in change.differences} == {
        ("tags.owner", OnChange.REPLACES),
        ("tags.retire-until", OnChange.REPLACES),
    }


def test_what_drifted_is_named_though_the_inputs_are_equal(recorded: Json) -> None:
    drifted = step(recorded) | {"diffReasons": ["imageTagMutability"], "newState": step(recorded)["oldState"]}
    (change,) = read({"steps": [drifted]}).changes
    (difference,) = change.differences
    assert (difference.path, difference.old) == ("imageTagMutability", "(as AWS has it)")


@cases(
    "ops, expected",
    (["create"], Op.CREATE),
    (["import"], Op.ADOPT),
    (["update"], Op.UPDATE),
    (["delete"], Op.DELETE),
    (["replace"], Op.REPLACE),
    (["delete-replaced", "create-replacement", "replace"], Op.REPLACE),
    (["import-replacement", "replace"], Op.REPLACE),
    (["same"], Op.OPTIONS),
    (["read"], None),
    (["refresh"], None),
    (["discard"], None),
    (["remove-pending-replace"], None),
)
def test_every_operation(recorded: Json, ops: list[str], expected: Op | None) -> None:
    steps = [step(recorded) | {"op": op} for op in ops]
    assert [change.op for change in read({"steps": steps}).changes] == ([expected] if expected else [])


def test_an_import_over_what_is_managed_is_reported_as_such(recorded: Json) -> None:
    (change,) = read({"steps": [step(recorded) | {"op": "import-replacement"}]}).changes
    assert "importId" in change.forced_by
    assert not change.refused


def test_such_an_import_is_found_by_its_id_where_its_step_is_hidden(recorded: Json) -> None:
    hidden = step(recorded) | {"op": "replace", "diffReasons": None}
    hidden["newState"]["importID"] = "storefront/web@eu-west-1"
    (change,) = read({"steps": [hidden]}).changes
    assert change.forced_by == ("importId",)


def test_a_same_step_is_a_change_only_with_its_protection(recorded: Json) -> None:
    same = step(recorded) | {"op": "same"}
    (change,) = read({"steps": [same]}).changes
    assert change.protection is Protection.LOST
    assert not read({"steps": [same | {"newState": same["oldState"]}]}).changes


def test_what_stays_is_counted_where_it_is_shown(recorded: Json) -> None:
    same = step(recorded) | {"op": "same", "newState": step(recorded)["oldState"]}
    assert read({"steps": [same], "changeSummary": {"same": 1}}).unchanged == 1
    assert read({"steps": [same], "changeSummary": {"same": 2}}).unchanged is None


def test_what_flows_is_not_reported_where_what_stays_is_left_out(recorded: Json) -> None:
    kind = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
    created = json.loads(json.dumps(step(recorded)).replace("aws:ecr/repository:Repository", kind))
    created |= {"op": "create", "oldState": None, "newState": {**created["newState"], "inputs": {}}}
    same = step(recorded) | {"op": "same", "newState": step(recorded)["oldState"]}
    for steps, count, told in (([created], 38, 1), ([created, same], 1, 0), ([same], 2, 0), ([created], 0, 0)):
        statements = read({"steps": steps, "changeSummary": {"same": count}}).consequences
        assert sum("--show-sames" in each.text for each in statements) == told


def test_a_deletion_is_a_loss_by_the_states_own_word(recorded: Json) -> None:
    deletion = step(recorded) | {"op": "delete", "newState": None}
    assert [fate(loss) for loss in destroyed(read({"steps": [deletion]}))] == [Fate.KEPT_BY_ENGINE]
    deletion["oldState"] = step(recorded)["newState"]
    (loss,) = destroyed(read({"steps": [deletion], "config": recorded["config"]}))
    assert (old_name(loss), loss.account, fate(loss)) == ("storefront/web", "111122223333", Fate.LOST)


def test_what_other_providers_made_is_reported_too() -> None:
    urn = f"{STACK}github:index/repository:Repository::acme"
    state = {"urn": urn, "custom": True, "inputs": {"name": "acme"}, "outputs": {}}
    component = {"op": "create", "urn": f"{STACK}my:index:C::c", "newState": state | {"custom": False}}
    steps = [{"op": "create", "urn": urn, "newState": state}, component]
    assert [change.urn for change in read({"steps": steps}).changes] == [urn]


def test_a_rename_is_one_change(recorded: Json) -> None:
    old = step(recorded)
    name = WEB.replace("storefront/web", "web")
    steps = [
        {"op": "create", "urn": name, "newState": old["newState"] | {"urn": name}},
        {"op": "delete", "urn": WEB, "oldState": old["oldState"]},
    ]
    (change,) = read({"steps": steps}).changes
    assert (change.op, change.old_urn) == (Op.RENAME, WEB)


def test_a_stream_of_events_says_the_same(recorded: Json) -> None:
    events: list[Json] = [{"preludeEvent": {"config": recorded["config"]}}]
    for each in recorded["steps"]:
        state = {"old": each.get("oldState"), "new": each.get("newState"), "diffs": each.get("diffReasons")}
        named = {"op": each["op"], "urn": each["urn"], "keys": each.get("replaceReasons"), **state}
        events.append({"resourcePreEvent": {"metadata": named}})
    events.append({"summaryEvent": {"resourceChanges": recorded["changeSummary"]}})
    assert _stream(*events) == read(recorded)


def test_a_secret_is_never_printed(recorded: Json) -> None:
    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    hidden = step(recorded)
    hidden["oldState"]["inputs"]["tags"] = signature | {"plaintext": '"hush"', "ciphertext": "hush"}
    change = read({"steps": [hidden]})
    for printed in (to_text(change), to_markdown(change), to_json(change), repr(change)):
        assert "hush" not in printed
    assert change.changes[0].differences[-1].old == SECRET


def test_an_unknown_value_is_marked(recorded: Json) -> None:
    unknown = step(recorded)
    unknown["newState"]["inputs"]["tags"]["owner"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    (change,) = read({"steps": [unknown]}).changes
    assert UNKNOWN in {each.new for each in change.differences}


def test_what_the_provider_notes_for_itself_is_no_difference(recorded: Json) -> None:
    noted = step(recorded) | {"diffReasons": ["tags", "tagsAll"]}
    noted["newState"]["inputs"]["tags"]["__defaults"] = []
    (change,) = read({"steps": [noted]}).changes
    assert [each.path for each in change.differences] == ["tags.retire-until"]


def _blocked(recorded: Json) -> list[Consequence]:
    return [each for each in read(recorded).consequences if each.topic is Topic.BLOCKED]


def test_a_preview_that_failed_says_so_without_urns(recorded: Json) -> None:
    recorded["diagnostics"] = [
        {"severity": "warning", "message": "warning: never mind"},
        {"severity": "error", "message": f'error: unable to replace resource "{WEB}"\nas it is protected\n'},
        {"severity": "error", "message": "error: preview failed\n"},
    ]
    first, *others = _blocked(recorded)
    assert not any("preview failed" in each.text for each in others)
    assert first.text == 'The preview failed: unable to replace resource "storefront/web@us-east-1" as it is protected'


@cases(
    "text, reason",
    ("", "is not a preview"),
    ("nothing", "is not a preview"),
    ("[]", "neither steps nor a summary"),
    ("{}", "neither steps nor a summary"),
    ('{"version": 1, "resources": []}', "neither steps nor a summary"),
    ('{"steps": [{"op": "create"}]}', "is not a preview.*urn"),
    ('{"steps": [3]}', "is not a preview"),
    ('{"sequence": 1, "resourcePreEvent": {}}', "is not a preview"),
    (
        '{"config": {}, "diagnostics": [{"severity": "error", "message": "error: no such stack"}]}',
        "failed before it planned anything: no such stack",
    ),
)
def test_what_is_no_preview(text: str, reason: str) -> None:
    with pytest.raises(InvalidPreview, match=f"preview.json: .*{reason}"):
        read(text)


def test_a_preview_that_failed_without_a_reason_says_that(recorded: Json) -> None:
    recorded["diagnostics"] = [{"severity": "error", "message": "error: preview failed\n"}]
    [first] = _blocked(recorded)
    assert first.text == (
        "The preview failed: the engine gives no reason; if a policy failed, a preview written with "
        "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true names it"
    )
    with pytest.raises(InvalidPreview, match="failed before it planned anything: the engine gives no reason"):
        read({"steps": [], "diagnostics": recorded["diagnostics"]})


def _stream(*events: Json) -> Plan:
    return read("\n".join(json.dumps({"sequence": n} | each, separators=(",", ":")) for n, each in enumerate(events)))


def _event(message: str, level: str, urn: str | None = WEB, policy: str = "ecr-tags-immutable") -> Json:
    event = {"message": message, "policyName": policy, "enforcementLevel": level, "color": "raw"}
    return {"policyEvent": event | ({"resourceUrn": urn} if urn else {})}


def test_what_the_policies_say_is_reported_after_lost_images(recorded: Json) -> None:
    old = step(recorded)["newState"] | {"protect": False}
    deletion = {"resourcePreEvent": {"metadata": {"op": "delete", "urn": WEB, "old": old, "new": None}}}
    change = _stream(
        _event("<{%fg 1%}>Tags are immutable\n\x1b[31mthe exclusion '*' lets every tag move<{%reset%}>\n", "mandatory"),
        _event("Tags are immutable\nthe exclusion '*' lets every tag move", "mandatory", WEB.replace("web", "app")),
        _event("no owner", "advisory", None, "ecr-owner"),
        {"diagnosticEvent": {"severity": "error", "message": "<{%reset%}>preview failed<{%reset%}>\n"}},
        deletion,
        {"summaryEvent": {"resourceChanges": None, "result": "failed"}},
    )
    lost, violated, *_, last = change.consequences
    assert (lost.topic, violated.topic, violated.text) == (
        Topic.LOSS,
        Topic.POLICY,
        (
            "ecr-tags-immutable (mandatory), storefront/app and storefront/web in us-east-1: "
            "Tags are immutable; the exclusion '*' lets every tag move"
        ),
    )
    assert (last.topic, last.text) == (Topic.ADVICE, "ecr-owner (advisory), the stack: no owner")
    assert not any("gives no reason" in each.text for each in change.consequences)
    assert "> [!WARNING]\n> **Policy violations (mandatory)**" in to_markdown(change)


def test_a_stream_that_ends_badly_says_so(recorded: Json) -> None:
    metadata = {"op": "create", "urn": WEB, "old": None, "new": step(recorded)["newState"]}
    for end, told in (
        ({"summaryEvent": {"result": "failed"}}, "the engine gives no reason"),
        ({"errorEvent": {"error": "lost its way\n"}}, "The preview failed: lost its way"),
        ({"diagnosticEvent": {"severity": "error", "message": "<{%reset%}>no role<{%reset%}>\n"}}, "failed: no role"),
    ):
        change = _stream({"resourcePreEvent": {"metadata": metadata}}, end)
        assert [told in each.text for each in change.consequences if each.topic is Topic.BLOCKED] == [True]


def test_an_unknown_step_is_reported(recorded: Json) -> None:
    change = read({"steps": [step(recorded) | {"op": "evaporate"}]})
    assert [each.text for each in change.consequences] == [
        "storefront/web@us-east-1: the engine plans 'evaporate', which this version does not know."
    ]


def test_a_new_stack_has_an_empty_state() -> None:
    urn = f"{STACK}pulumi:pulumi:Stack::container-registry-dev"
    state = {"urn": urn, "custom": False, "inputs": {}, "outputs": {}}
    text = to_text(read({"steps": [{"op": "create", "urn": urn, "newState": state}]}))
    assert text.splitlines()[0].endswith("the stack's state is empty, everything is created")


def test_a_preview_of_another_stack(recorded: Json) -> None:
    with pytest.raises(InvalidPreview, match=r"is a preview of stack dev \(write --stack dev\)"):
        read(recorded, "prod")


def test_nothing_to_do(recorded: Json) -> None:
    change = read({"config": recorded["config"], "changeSummary": {"same": 40}})
    assert to_text(change).splitlines()[1] == "no changes"
