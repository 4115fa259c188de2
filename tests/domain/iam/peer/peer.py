"""Asks the independent evaluator, whose version `tests/peers/package.json` pins.

Copy that file into a folder, run `npm install` there, and name the folder by NODE_PEERS."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.iam.access import Caller, Outcome, Policy, Request
from domain.iam.document import CURRENT_VERSION
from domain.iam.evaluate import request_context

FOLDER = Path(os.environ.get("NODE_PEERS", ""))
SCRIPT = Path(__file__).parent / "simulate.mjs"
NEEDED = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("node") is None, reason="`node` is not on PATH"),
    pytest.mark.skipif(
        not (FOLDER / "node_modules" / "@cloud-copilot" / "iam-simulate").is_dir(),
        reason="NODE_PEERS names no folder with @cloud-copilot/iam-simulate in its node_modules",
    ),
]

Call = tuple[Caller, Request, Sequence[Policy]]

OUTCOMES = {"Allowed": Outcome.ALLOWED, "ExplicitlyDenied": Outcome.EXPLICIT_DENY}
OUTCOMES["ImplicitlyDenied"] = Outcome.IMPLICIT_DENY


def answers(calls: Sequence[Call]) -> list[Outcome]:
    """The peer's, from one process."""
    requested, command = (
        json.dumps([simulation(*each) for each in calls]),
        ["node", str(SCRIPT), str(FOLDER.absolute())],
    )
    done = subprocess.run(command, input=requested, capture_output=True, check=True, text=True)
    results = json.loads(done.stdout)
    assert [each["errors"] for each in results if each["errors"]] == []
    return [OUTCOMES[each["outcome"]] for each in results]


def simulation(caller: Caller, request: Request, resource_policies: Sequence[Policy]) -> dict[str, object]:
    identity = caller.identity
    context = request_context(caller, request)
    requested: dict[str, object] = {
        "principal": {"type": "Anonymous"} if identity.is_anonymous else identity.arn,
        "action": request.action,
        "resource": {"resource": request.resource, "accountId": request.account},
        "contextVariables": {key: values[0] if len(values) == 1 else values for key, values in context.items()},
    }
    optional = {
        "sessionPolicy": _joined(identity.session_policies),
        "resourcePolicy": _joined(resource_policies),
        "permissionBoundaryPolicies": [_named(caller.boundary)] if caller.boundary else None,
    }
    return {
        "request": requested,
        "identityPolicies": [_named(each) for each in caller.policies],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        **{key: value for key, value in optional.items() if value is not None},
    }


def _named(policy: Policy) -> dict[str, object]:
    return {"name": policy.name, "policy": policy.document.to_json()}


def _joined(policies: Sequence[Policy]) -> dict[str, object] | None:
    """It takes one policy of these kinds."""
    statements = [statement.to_json() for policy in policies for statement in policy.document.statements]
    return {"Version": CURRENT_VERSION, "Statement": statements} if statements else None
