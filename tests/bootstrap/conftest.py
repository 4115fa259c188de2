"""The bootstrap of dev's account and of prod's, and everything that is asked of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.iam.access import Caller, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from rehearsal.apply import stood_before
from rehearsal.apply.program import apply
from rehearsal.clients import Clients, Credentials
from rehearsal.cloud.local import LocalCloud
from review import Render
from review.bootstrap_template import Account, fill_in, source
from review.resource import Resource
from settings import load
from tests.bootstrap.calls import PROVIDER, Asked, Backend, Call, World, by_provider
from tests.conftest import ROOT

STACKS = ("dev", "prod")
NOT_EVERYWHERE = (
    "aws:ecr/registryPolicy:RegistryPolicy",
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion",
)
"""Types that a stack declares only where its file asks for them: the role must be able to all the same."""
ADMINISTRATOR = Policy(
    name="AdministratorAccess",
    document=parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
)


@dataclass(frozen=True)
class Bootstrapped:
    """A stack's account after the bootstrap, and what the stack declares in it."""

    account: Account
    stack: str
    world: World
    resources: tuple[Resource, ...]
    recorded: tuple[Call, ...]
    """What the rehearsal called to build the stack."""

    @property
    def backend(self) -> Backend:
        return Backend(
            account=self.account.id,
            bucket=self.account.bucket,
            key=self.account.secrets_key,
            key_policy=self.account.key_policy(),
            bucket_policy=self.account.bucket_policy(),
            state=f"container-registry/{self.stack}",
        )

    def reads(self) -> Iterator[Asked]:
        """What the provider asks to learn how the declared resources stand."""
        for resource in self.resources:
            for call in by_provider(resource, PROVIDER[resource.type].read):
                yield from self.world.asked(call)

    def writes(self) -> Iterator[Asked]:
        for resource in self.resources:
            operations = PROVIDER[resource.type]
            for call in by_provider(resource, (*operations.create, *operations.update, *operations.delete)):
                yield from self.world.asked(call)

    def request(self, action: str, resource: str, **context: str) -> Request:
        """Asked in the stack's account over a good connection; `__` in a condition's key stands for a colon."""
        strong = {"aws:SecureTransport": ("true",), "s3:TlsVersion": ("1.3",), "aws:RequestedRegion": ("us-east-1",)}
        given = {key.replace("__", ":"): (value,) for key, value in context.items()}
        return Request(action=action, resource=resource, account=self.account.id, context={**strong, **given})


class _Recorder(Clients):
    """Clients that write down what is called through them."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.calls: list[Call] = []
        self._heard: set[int] = set()

    def of(self, service: str, region: str, credentials: Credentials) -> Any:
        client = super().of(service, region, credentials)
        if id(client) not in self._heard:
            self._heard.add(id(client))
            client.meta.events.register("provide-client-params", self._writing_down(service, region))
        return client

    def _writing_down(self, service: str, region: str) -> Any:
        def write_down(params: dict[str, Any], model: Any, **_: object) -> None:
            self.calls.append(
                Call(service=service, operation=model.name, region=region, parameters=dict(params)),
            )

        return write_down


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return source()


@pytest.fixture(scope="session", params=STACKS)
def bootstrapped(request: pytest.FixtureRequest, template: dict[str, Any], local: LocalCloud) -> Bootstrapped:
    stack: str = request.param
    settings = load(ROOT, stack)
    account = fill_in(
        template,
        settings.home.account,
        settings.home.region,
        Stack=stack,
        GitHubOwner="acme",
        GitHubRepository="container-registry",
        Regions=",".join(place.region for place in settings.places),
        EnhancedScanning=str(settings.scan_type.value == "ENHANCED").lower(),
        DeployEnvironment=stack,
        PreviewEnvironment=f"preview-{stack}",
        DriftEnvironment=f"drift-{stack}",
    )
    with Clients(local.endpoint) as before:
        stood_before.bootstrap(settings, before)
    with _Recorder(local.endpoint) as clients:
        apply(ROOT, stack, clients, lambda _label: None)
        recorded = tuple(clients.calls)
    rendered: Render = request.getfixturevalue(stack)
    declared = tuple(each for each in rendered.resources if each.custom and each.type.startswith("aws:"))
    more = tuple(replace(declared[0], type=each, inputs={"region": settings.home.region}) for each in NOT_EVERYWHERE)
    world = World(settings.home.account, settings.tags, f"alias/{settings.project}")
    return Bootstrapped(account, stack, world, (*declared, *more), recorded)


@pytest.fixture(scope="session")
def local() -> Iterator[LocalCloud]:
    """One of our own: the rehearsal's tests take it that no other builds dev in theirs."""
    with LocalCloud() as made:
        yield made


def refused(caller: Caller, asked: list[Asked]) -> list[str]:
    """What the caller may not do of it, with the reason."""
    return [text for each in asked if not (text := _answer(caller, each)).startswith("allowed")]


def granted(caller: Caller, asked: list[Asked]) -> list[str]:
    return [text for each in asked if (text := _answer(caller, each)).startswith("allowed")]


def _answer(caller: Caller, asked: Asked) -> str:
    decision = evaluate(caller, asked.request, asked.resource_policies)
    return f"{decision.outcome.value} by {decision.sid}: {asked.request.action} on {asked.request.resource}"
