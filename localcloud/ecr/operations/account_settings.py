"""What an account sets for its whole registry, and the tokens that it logs in with."""

from domain.ecr.account import VALUES
from domain.ecr.limits import PULL_TIME_EXCLUSIONS_MAX
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.authorization_tokens import Token
from localcloud.ecr.operations.paging import page
from localcloud.ecr.operations.request import Answer, Asked


async def put_account_setting(asked: Asked) -> Answer:
    name, value = asked.given["name"], asked.given["value"]
    if value not in _values(name):
        raise invalid_parameter("value", f"Member must satisfy enum value set: [{', '.join(_values(name))}]")
    asked.registry.settings[name] = value
    return {"name": name, "value": value}


async def get_account_setting(asked: Asked) -> Answer:
    name = asked.given["name"]
    return {"name": name, "value": asked.registry.settings.get(name, _values(name)[0])}


async def register_pull_time_update_exclusion(asked: Asked) -> Answer:
    arn, exclusions = asked.given["principalArn"], asked.registry.pull_time_exclusions
    if arn in exclusions:
        text = f"The pull time update exclusion for '{arn}' already exists in the registry"
        raise EcrError("ExclusionAlreadyExistsException", text)
    if len(exclusions) >= PULL_TIME_EXCLUSIONS_MAX:
        text = f"The registry has {PULL_TIME_EXCLUSIONS_MAX} pull time update exclusions already"
        raise EcrError("LimitExceededException", text)
    exclusions[arn] = asked.now
    return {"principalArn": arn, "createdAt": asked.now}


async def list_pull_time_update_exclusions(asked: Asked) -> Answer:
    arns = {arn: arn for arn in asked.registry.pull_time_exclusions}
    found, more = page(asked, "ListPullTimeUpdateExclusions", arns)
    return {"pullTimeUpdateExclusions": found, **more}


def _values(name: str) -> tuple[str, ...]:
    if name not in VALUES:
        raise invalid_parameter("name", f"Member must satisfy enum value set: [{', '.join(VALUES)}]")
    return VALUES[name]


async def get_authorization_token(asked: Asked) -> Answer:
    """One token, told once for each registry: it is good for every registry that its caller may use."""
    token = asked.services.tokens.issue(asked.call.caller.identity, now=asked.now)
    accounts = asked.given.get("registryIds", [asked.registry.account])
    return {"authorizationData": [await _data(asked, account, token) for account in accounts]}


async def _data(asked: Asked, account: str, token: Token) -> Answer:
    registry = asked.services.registries.of(account, asked.registry.region)
    host = await asked.services.ports.host(registry)
    return {"authorizationToken": token.basic, "expiresAt": token.expires, "proxyEndpoint": f"http://{host}"}
