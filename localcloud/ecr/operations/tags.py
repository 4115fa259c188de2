"""The tags of repositories, which are not those of images."""

from collections.abc import Mapping, Sequence

from domain.resource_tags import CHARACTERS, KEY_MAX, TAGS_MAX, VALUE_MAX, refused_characters
from localcloud.ecr.errors import EcrError
from localcloud.ecr.operations.asked import Answer, Asked

_RESERVED_PREFIX = "aws:"


async def put(asked: Asked) -> Answer:
    repository = asked.repository
    repository.tags = checked(asked.given["tags"], repository.tags)
    return {}


async def remove(asked: Asked) -> Answer:
    repository = asked.repository
    gone = asked.given["tagKeys"]
    repository.tags = {key: value for key, value in repository.tags.items() if key not in gone}
    return {}


async def list_all(asked: Asked) -> Answer:
    return {"tags": [{"Key": key, "Value": value} for key, value in asked.repository.tags.items()]}


def checked(given: Sequence[Mapping[str, str]], present: Mapping[str, str]) -> dict[str, str]:
    """The tags that are there with those that come; raises for what AWS refuses."""
    for each in given:
        _require_valid(each["Key"], each["Value"])
    added = {each["Key"]: each["Value"] for each in given}
    if len(added) < len(given):
        raise _invalid("A tag key is given more than once")
    tags = {**present, **added}
    if len(tags) > TAGS_MAX:
        text = f"The number of tags, {len(tags)}, exceeds the limit of {TAGS_MAX} tags of a repository"
        raise EcrError("TooManyTagsException", text)
    return tags


def _require_valid(key: str, value: str) -> None:
    if not 1 <= len(key) <= KEY_MAX:
        raise _invalid(f"Tag keys have 1 to {KEY_MAX} characters, and this one has {len(key)}")
    if len(value) > VALUE_MAX:
        raise _invalid(f"Tag values have at most {VALUE_MAX} characters, and that of '{key}' has {len(value)}")
    if key.lower().startswith(_RESERVED_PREFIX):
        raise _invalid(f"aws: prefixed tag key names are not allowed for external use: '{key}'")
    for each in (key, value):
        if refused_characters(each):
            raise _invalid(f"Tags have {CHARACTERS} only: '{each}'")


def _invalid(why: str) -> EcrError:
    return EcrError("InvalidTagParameterException", why)
