"""The token with which a client logs in to the data plane."""

from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.tokens import Token


async def get(asked: Asked) -> Answer:
    """One token, told once for each registry: it is good for every registry that its caller may use."""
    token = asked.services.tokens.issue(asked.call.caller.identity, now=asked.now)
    accounts = asked.given.get("registryIds", [asked.registry.account])
    return {"authorizationData": [await _data(asked, account, token) for account in accounts]}


async def _data(asked: Asked, account: str, token: Token) -> Answer:
    registry = asked.services.registries.of(account, asked.registry.region)
    host = await asked.services.ports.host(registry)
    return {"authorizationToken": token.basic, "expiresAt": token.expires, "proxyEndpoint": f"http://{host}"}
