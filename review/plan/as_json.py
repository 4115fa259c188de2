"""A plan as JSON, for other programs."""

import json

from review.plan.destruction import destroys_repository, fate, old_name
from review.plan.model import Change, Difference, Plan

PLAN_VERSION = 1


def to_json(plan: Plan) -> str:
    """The versioned form; the resources themselves stay out of it, a render holds them."""
    document = {
        "version": PLAN_VERSION,
        "project": plan.project,
        "stack": plan.stack,
        "account": plan.account,
        "against": plan.against,
        "is_new": plan.is_new,
        "counts": plan.counts(),
        "unchanged": plan.unchanged,
        "losses": [_loss(change) for change in plan.changes if destroys_repository(change)],
        "statements": [
            {
                "topic": each.topic,
                "text": each.text,
                "lines": each.lines,
                "urns": each.urns,
                "id": each.id,
                "level": each.level if each.id else None,
                "fix": each.fix if each.id else None,
            }
            for each in plan.consequences
        ],
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


def _change(change: Change) -> dict[str, object]:
    return {
        "op": change.op,
        "urn": change.urn,
        "old_urn": change.old_urn,
        "type": change.type,
        "name": change.name,
        "region": change.region,
        "account": change.account,
        "protection": change.protection,
        "forced_by": change.forced_by,
        "differences": [_difference(each) for each in change.differences],
        "options": [_difference(each) for each in change.options],
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "path": difference.path,
        "old": difference.old,
        "new": difference.new,
        "effect": difference.effect,
        "lines": difference.lines,
    }
