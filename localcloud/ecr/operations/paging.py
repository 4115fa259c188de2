"""Long answers, a page at a time.

A page begins after a key and not at a place: what comes or goes meanwhile shifts nothing."""

import base64
import json
from collections.abc import Mapping
from typing import TypeVar

from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.operations.request import OperationRequest

T = TypeVar("T")

PAGE_SIZE = 100
"""API reference, maxResults: what a page holds when the caller does not say."""

_PAGING = ("maxResults", "nextToken")


def page(
    request: OperationRequest, listing: str, items: Mapping[str, T], *, size: int = PAGE_SIZE
) -> tuple[list[T], dict[str, str]]:
    """The page that the call asks for, in the order of the keys, and the answer's nextToken if there is more."""
    place = f"{listing} {request.registry.account} {request.registry.region} {' '.join(request.names)}"
    token = request.input.get("nextToken")
    keys = sorted(items)
    if token is not None:
        last = _last_key(token, place)
        keys = [key for key in keys if key > last]
    size = request.input.get("maxResults", size)
    chosen = keys[:size]
    found = [items[key] for key in chosen]
    if len(keys) <= size:
        return found, {}
    return found, {"nextToken": base64.urlsafe_b64encode(json.dumps([place, chosen[-1]]).encode()).decode()}


def refuse_paging(request: OperationRequest, member: str) -> None:
    """A call that names what it wants has no pages: API reference, nextToken."""
    for name in _PAGING:
        if name in request.input:
            raise invalid_parameter(name, f"can't be used together with '{member}'")


def _last_key(token: str, place: str) -> str:
    try:
        made_for, last = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise _invalid() from None
    if made_for != place or not isinstance(last, str):
        raise _invalid()
    return last


def _invalid() -> EcrError:
    return invalid_parameter("nextToken", "Invalid token: it was not given out for this listing")
