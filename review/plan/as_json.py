"""A plan as JSON. The resources themselves are not in it: a render has them."""

import json

from render.as_json import fields_of
from review.plan.destruction import destroys_repository, fate, old_name
from review.plan.model import Change, Consequence, Plan

PLAN_VERSION = 1
_CHANGE = ("op", "urn", "old_urn", "type", "name", "region", "account", "protection", "forced_by")


def to_json(plan: Plan) -> str:
    document = {
        "version": PLAN_VERSION,
        **fields_of(plan, "project", "stack", "account", "against", "is_new"),
        "counts": plan.counts(),
        "unchanged": plan.unchanged,
        "losses": [_loss(change) for change in plan.changes if destroys_repository(change)],
        "statements": [_consequence(each) for each in plan.consequences],
        "changes": [_change(change) for change in plan.changes],
        "notes": plan.notes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _loss(change: Change) -> dict[str, object]:
    return {
        "urn": change.urn,
        "repository": old_name(change),
        "region": str(change.region if change.old is None else change.old.region),
        "account": change.account,
        "op": change.op,
        "fate": fate(change),
    }


def _consequence(each: Consequence) -> dict[str, object]:
    judged = fields_of(each, "level", "fix") if each.id else {"level": None, "fix": None}
    return {**fields_of(each, "topic", "text", "lines", "urns", "id"), **judged}


def _change(change: Change) -> dict[str, object]:
    names = ("path", "old", "new", "effect", "lines")
    differences, options = ([fields_of(each, *names) for each in some] for some in (change.differences, change.options))
    return {**fields_of(change, *_CHANGE), "differences": differences, "options": options}
