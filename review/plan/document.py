"""A plan as JSON, for other programs."""

import json

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
        "losses": [
            {
                "urn": loss.urn,
                "repository": loss.repository,
                "region": loss.region,
                "account": loss.account,
                "op": loss.op,
                "fate": loss.fate,
            }
            for loss in plan.losses
        ],
        "statements": [
            {"topic": each.topic, "text": each.text, "lines": each.lines, "urns": each.urns} for each in plan.statements
        ],
        "changes": [_change(change) for change in plan.changes],
        "notes": plan.notes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


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
