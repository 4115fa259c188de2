"""What an account sets for its whole registry, and the tokens that it logs in with."""

from domain.ecr.account import VALUES
from domain.ecr.limits import PULL_TIME_EXCLUSIONS_MAX
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.authorization_tokens import AuthorizationToken
from localcloud.ecr.operations.paging import page
from localcloud.ecr.operations.request import Answer, OperationRequest


async def put_account_setting(request: OperationRequest) -> Answer:
    name, value = request.input["name"], request.input["value"]
    if value not in _values(name):
        raise invalid_parameter("value", f"Member must satisfy enum value set: [{', '.join(_values(name))}]")
    request.registry.settings[name] = value
    return {"name": name, "value": value}


async def get_account_setting(request: OperationRequest) -> Answer:
    name = request.input["name"]
    return {"name": name, "value": request.registry.settings.get(name, _values(name)[0])}


async def register_pull_time_update_exclusion(request: OperationRequest) -> Answer:
    arn, exclusions = request.input["principalArn"], request.registry.pull_time_exclusions
    if arn in exclusions:
        text = f"The pull time update exclusion for '{arn}' already exists in the registry"
        raise EcrError("ExclusionAlreadyExistsException", text)
    if len(exclusions) >= PULL_TIME_EXCLUSIONS_MAX:
        text = f"The registry has {PULL_TIME_EXCLUSIONS_MAX} pull time update exclusions already"
        raise EcrError("LimitExceededException", text)
    exclusions[arn] = request.now
    return {"principalArn": arn, "createdAt": request.now}


async def deregister_pull_time_update_exclusion(request: OperationRequest) -> Answer:
    arn, exclusions = request.input["principalArn"], request.registry.pull_time_exclusions
    if arn not in exclusions:
        text = f"The pull time update exclusion for '{arn}' does not exist in the registry"
        raise EcrError("ExclusionNotFoundException", text)
    del exclusions[arn]
    return {"principalArn": arn}


async def list_pull_time_update_exclusions(request: OperationRequest) -> Answer:
    arns = {arn: arn for arn in request.registry.pull_time_exclusions}
    found, more = page(request, "ListPullTimeUpdateExclusions", arns)
    return {"pullTimeUpdateExclusions": found, **more}


def _values(name: str) -> tuple[str, ...]:
    if name not in VALUES:
        raise invalid_parameter("name", f"Member must satisfy enum value set: [{', '.join(VALUES)}]")
    return VALUES[name]


async def get_authorization_token(request: OperationRequest) -> Answer:
    """One token, repeated for each registry: it is valid for every registry that its caller may use."""
    token = request.services.tokens.issue(request.call.caller.identity, now=request.now)
    accounts = request.input.get("registryIds", [request.registry.account])
    return {"authorizationData": [await _data(request, account, token) for account in accounts]}


async def _data(request: OperationRequest, account: str, token: AuthorizationToken) -> Answer:
    registry = request.services.registries.of(account, request.registry.region)
    host = await request.services.host(registry)
    return {"authorizationToken": token.basic, "expiresAt": token.expires, "proxyEndpoint": f"http://{host}"}
