"""What an account says of its whole registry."""

from domain.ecr.account import VALUES
from domain.ecr.limits import PULL_TIME_EXCLUSIONS_MAX
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.paging import page


async def put_setting(asked: Asked) -> Answer:
    name, value = asked.given["name"], asked.given["value"]
    if value not in _values(name):
        raise invalid_parameter("value", f"Member must satisfy enum value set: [{', '.join(_values(name))}]")
    asked.registry.settings[name] = value
    return {"name": name, "value": value}


async def get_setting(asked: Asked) -> Answer:
    name = asked.given["name"]
    return {"name": name, "value": asked.registry.settings.get(name, _values(name)[0])}


async def register_exclusion(asked: Asked) -> Answer:
    arn, exclusions = asked.given["principalArn"], asked.registry.pull_time_exclusions
    if arn in exclusions:
        text = f"The pull time update exclusion for '{arn}' already exists in the registry"
        raise EcrError("ExclusionAlreadyExistsException", text)
    if len(exclusions) >= PULL_TIME_EXCLUSIONS_MAX:
        text = f"The registry has {PULL_TIME_EXCLUSIONS_MAX} pull time update exclusions already"
        raise EcrError("LimitExceededException", text)
    exclusions[arn] = asked.now
    return {"principalArn": arn, "createdAt": asked.now}


async def deregister_exclusion(asked: Asked) -> Answer:
    arn, exclusions = asked.given["principalArn"], asked.registry.pull_time_exclusions
    if arn not in exclusions:
        text = f"The pull time update exclusion for '{arn}' does not exist in the registry"
        raise EcrError("ExclusionNotFoundException", text)
    del exclusions[arn]
    return {"principalArn": arn}


async def list_exclusions(asked: Asked) -> Answer:
    arns = {arn: arn for arn in asked.registry.pull_time_exclusions}
    found, more = page(asked, "ListPullTimeUpdateExclusions", arns)
    return {"pullTimeUpdateExclusions": found, **more}


def _values(name: str) -> tuple[str, ...]:
    if name not in VALUES:
        raise invalid_parameter("name", f"Member must satisfy enum value set: [{', '.join(VALUES)}]")
    return VALUES[name]
