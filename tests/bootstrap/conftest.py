"""The bootstrap of dev's account and of prod's, and everything that is asked of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bootstrap.template import DEPLOY, Account, fill_in, source
from domain.iam.access import Caller, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from localcloud.clients import Clients, Credentials
from localcloud.cloud import LocalCloud
from rehearsal.apply import preconditions
from rehearsal.apply.program import apply
from render import Render, render
from render.resource import Resource
from settings import Settings, load
from tests.bootstrap.backend import Backend
from tests.bootstrap.calls import Asked, Call
from tests.bootstrap.full import written
from tests.bootstrap.provider import NOT_LOOKED_AT
from tests.bootstrap.world import World
from tests.conftest import ROOT

STACKS = ("dev", "prod")
ADMINISTRATOR = Policy(
    name="AdministratorAccess",
    document=parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
)


@dataclass(frozen=True)
class Full:
    """A stack with everything in it: its settings and what it declares."""

    settings: Settings
    render: Render

    def declared(self, account: str | None = None) -> tuple[Resource, ...]:
        """In another account, or else in the stack's own."""
        resources = (each for each in self.render.resources if each.type.startswith("aws:"))
        return tuple(each for each in resources if _provider(each) == account)

    @property
    def roles_elsewhere(self) -> dict[str, str]:
        """By account, the role that is assumed there."""
        return {account: role for account, (_, _, role) in self.settings.other_accounts.items()}


@dataclass(frozen=True)
class Bootstrapped:
    """A stack's account after the bootstrap, and what the stack declares in it."""

    account: Account
    stack: str
    world: World
    resources: tuple[Resource, ...]
    """Those of a stack with everything: the role must be able to, wherever a stack's file asks for it."""
    recorded: tuple[Call, ...]
    """What the rehearsal called to build the stack."""
    elsewhere: dict[str, str]
    """By account, the role that is assumed there."""

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

    def looks(self) -> Iterator[Asked]:
        """What the search for drift asks to learn how the declared resources stand."""
        for resource in self.resources:
            if resource.type != NOT_LOOKED_AT:
                yield from self.world.reads(resource)

    def changes(self) -> Iterator[Asked]:
        """What a deployment asks on top."""
        for resource in self.resources:
            if resource.type == NOT_LOOKED_AT:
                yield from self.world.reads(resource)
            yield from self.world.writes(resource)
        for account, role in self.elsewhere.items():
            yield self.becomes(account, role)

    def becomes(self, account: str, role: str) -> Asked:
        """The provider for another account takes a role there, which trusts the deploy role."""
        trusted = {"AWS": self.account.role_arn(DEPLOY)}
        statement = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        trust = Policy(name="trust", document=parse({"Version": "2012-10-17", "Statement": statement}))
        request = Request(action="sts:AssumeRole", resource=role, account=account)
        return Asked(request=request, resource_policies=(trust,))

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
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Full:
    stack: str = request.param
    folder: Path = written(tmp_path_factory.mktemp(stack), stack)
    return Full(load(folder, stack), render(folder, stack))


@pytest.fixture(scope="session")
def bootstrapped(template: dict[str, Any], full: Full, local: LocalCloud) -> Bootstrapped:
    stack = full.settings.stack
    settings = load(ROOT, stack)
    account = fill_in(
        template,
        settings.home.account,
        settings.home.region,
        Stack=stack,
        GitHubOwner="acme",
        GitHubRepository="container-registry",
        Regions=",".join(place.region for place in settings.places),
        EnhancedScanning=str(settings.scanning.scan_type.value == "ENHANCED").lower(),
        DeployEnvironment=stack,
        PreviewEnvironment=f"preview-{stack}",
        DriftEnvironment=f"drift-{stack}",
        ReplicaRoles=",".join(full.roles_elsewhere.values()),
    )
    with Clients(local.endpoint) as before:
        preconditions.bootstrap(settings, before)
    with _Recorder(local.endpoint) as clients:
        apply(ROOT, stack, clients, lambda _label: None)
        recorded = tuple(clients.calls)
    world = World.of(settings, settings.home.account)
    return Bootstrapped(account, stack, world, full.declared(), recorded, full.roles_elsewhere)


@pytest.fixture(scope="session")
def local() -> Iterator[LocalCloud]:
    """One of our own: the rehearsal's tests take it that no other builds dev in theirs."""
    with LocalCloud() as made:
        yield made


def _provider(resource: Resource) -> str | None:
    """The name of the one that it has, which is the account's."""
    return resource.provider.split("::")[-2] if resource.provider else None


def refused(caller: Caller, asked: list[Asked]) -> list[str]:
    """What the caller may not do of it, with the reason."""
    return [text for each in asked if not (text := _answer(caller, each)).startswith("allowed")]


def granted(caller: Caller, asked: list[Asked]) -> list[str]:
    return [text for each in asked if (text := _answer(caller, each)).startswith("allowed")]


def _answer(caller: Caller, asked: Asked) -> str:
    decision = evaluate(caller, asked.request, asked.resource_policies)
    return f"{decision.outcome.value} by {decision.sid}: {asked.request.action} on {asked.request.resource}"
