"""The tags that tell whose something is, wherever a resource's inputs hold tags."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from domain.resource_tags import REQUIRED
from policies.checks.input_values import entry, is_unknown
from policies.pack.rule import Finding, Parameters, Undecided, Verdict


class RequiredTags(Parameters):
    tags: tuple[str, ...] = Field(REQUIRED, description="the tags that every resource carries")


def missing_tags(inputs: Mapping[str, Any], key: str, required: Sequence[str]) -> Iterator[Verdict]:
    """Which of the required tags are not there under the key, or blank."""
    tags = inputs.get(key)
    if is_unknown(tags):
        yield Undecided((key,))
        return
    for name in required:
        value = entry(tags, name)
        if value is None:
            yield Finding(f"has no tag {name}", (key, name))
        elif not str(value).strip():
            yield Finding(f"has a blank tag {name}", (key, name))
