"""`python -m ops replica-roles`: the role that the state's providers for other accounts take, in an exported state.

The engine deletes by the provider that is in the state, which has the deploy role of the other account; what deletes
there is its destroy role. A deployment writes the deploy role again."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from render.output import refuse
from resources import PROVIDER

ROLES = ("deploy", "destroy")
_SIDES = ("inputs", "outputs")


class InvalidState(ValueError):
    """A file that is no exported state, or a provider whose role the bootstrap did not make."""


def run(options: argparse.Namespace) -> int:
    """Prints `changed` where the file was."""
    try:
        state = json.loads(options.state.read_text(encoding="utf-8"))
        changed = [_take(each, options.role) for each in state["deployment"].get("resources") or ()]
    except OSError as error:
        return refuse(InvalidState(f"{options.state}: can't be read: {error.strerror} (name a file)"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidState):
            return refuse(InvalidState(f"{options.state}: {error}"))
        fix = "write it with `pulumi stack export --stack STACK --file FILE`"
        return refuse(InvalidState(f"{options.state}: is not an exported state ({fix})"))
    if any(changed):
        options.state.write_text(json.dumps(state), encoding="utf-8")
        print("changed")
    return 0


def _take(resource: dict[str, Any], role: str) -> bool:
    """Gives a provider that takes a role another of the bootstrap's two; whether it had the other one."""
    if resource["type"] != PROVIDER:
        return False
    changed = False
    for side in _SIDES:
        values = resource.get(side) or {}
        if assumed := values.get("assumeRoles"):
            # As whatever is not a string: JSON text in a provider's configuration.
            text = json.dumps(list(_renamed(json.loads(assumed), role, resource["urn"])))
            changed = changed or json.loads(text) != json.loads(assumed)
            values["assumeRoles"] = text
    return changed


def _renamed(roles: list[dict[str, Any]], role: str, urn: str) -> Iterator[dict[str, Any]]:
    for each in roles:
        name, _, kind = str(each["roleArn"]).rpartition("-")
        if kind not in ROLES:
            raise InvalidState(
                f"{urn.rpartition('::')[2]}: {each['roleArn']} is none of the bootstrap's two roles (give the replicas "
                "there a role that bootstrap/account.yaml made: `role: PROJECT-STACK-deploy`)"
            )
        yield {**each, "roleArn": f"{name}-{role}"}
