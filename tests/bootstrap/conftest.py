"""The bootstrap of the account of a stack with everything in it, and all that is asked of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import pytest

from bootstrap.template import load_template
from domain.iam.access import Caller, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from localcloud.clients import AwsCredentials, Clients
from localcloud.cloud import LocalCloud
from rehearsal.apply import preconditions
from rehearsal.apply.applying import apply
from rehearsal.up import stand_in
from render.rendering import render
from render.resource import Render, Resource
from settings import Settings, load
from tests.bootstrap.backend import Backend
from tests.bootstrap.calls import NOT_LOOKED_AT, Asked, Call
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, DeployedAccount, fill_in
from tests.bootstrap.full import written
from tests.bootstrap.world import World

STACK = "prod"
TRAIL = "organization-trail"
"""The log group of the company's trail."""
ADMINISTRATOR = Policy(
    name="AdministratorAccess",
    document=parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
)


@dataclass(frozen=True)
class Full:
    """A stack with everything in it: its settings, what it declares, and what the rehearsal called to build it."""

    settings: Settings
    render: Render
    called: Mapping[str, list[Call]]
    """By account."""

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

    account: DeployedAccount
    stack: str
    world: World
    resources: tuple[Resource, ...]
    recorded: list[Call]
    """What the rehearsal called to build the stack."""
    elsewhere: dict[str, str]
    """By account, the role that is assumed there."""

    @cached_property
    def deploy(self) -> Caller:
        return self.account.session(DEPLOY)

    @cached_property
    def preview(self) -> Caller:
        return self.account.session(PREVIEW)

    @cached_property
    def administrator(self) -> Caller:
        """The deploy role, with every policy attached to it."""
        return self.account.session(DEPLOY, ADMINISTRATOR)

    def session(self, role: str) -> Caller:
        return self.account.session(role)

    @property
    def backend(self) -> Backend:
        return Backend(self.account, f"container-registry/{self.stack}")

    @cached_property
    def looks(self) -> tuple[Asked, ...]:
        """What the search for drift asks to learn how the declared resources stand, and `pulumi` of its state."""
        declared = (self.world.reads(each) for each in self.resources if each.type != NOT_LOOKED_AT)
        return (*chain.from_iterable(declared), *self.backend.looks())

    @cached_property
    def changes(self) -> tuple[Asked, ...]:
        """What a deployment asks on top."""
        tokens = (self.world.reads(each) for each in self.resources if each.type == NOT_LOOKED_AT)
        declared = (*tokens, *(self.world.writes(each) for each in self.resources))
        others = (self.becomes(account, role) for account, role in self.elsewhere.items())
        return (*chain.from_iterable(declared), *others, *self.backend.changes())

    @cached_property
    def deletions(self) -> tuple[Asked, ...]:
        """What a deployment leaves to the job that deletes what was retired, and `pulumi` there of its state."""
        declared = (self.world.deletions(each) for each in self.resources)
        others = (self.becomes(account, _destroy(role), DESTROY) for account, role in self.elsewhere.items())
        return (*chain.from_iterable(declared), *others, *self.backend.looks(), *self.backend.changes())

    def becomes(self, account: str, role: str, of: str = DEPLOY) -> Asked:
        """The provider for another account takes a role there, which trusts a role of this one."""
        trusted = {"AWS": self.account.role_arn(of)}
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
    """Clients that write down what is called through them, by account."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.calls: dict[str, list[Call]] = {}

    def of(self, service: str, region: str, credentials: AwsCredentials) -> Any:
        known = (service, region, credentials) in self._made
        client = super().of(service, region, credentials)
        if not known:
            calls = self.calls.setdefault(credentials.key, [])

            def write_down(params: dict[str, Any], model: Any, **_: object) -> None:
                calls.append(Call(service=service, operation=model.name, region=region, parameters=dict(params)))

            client.meta.events.register("provide-client-params", write_down)
        return client


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return load_template()


@pytest.fixture(scope="session")
def local() -> Iterator[LocalCloud]:
    with LocalCloud() as made:
        yield made


@pytest.fixture(scope="session")
def full(local: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Full:
    folder = written(tmp_path_factory.mktemp("full"), STACK)
    settings = load(folder, STACK)
    stand_in(settings, local)
    with Clients(local.endpoint) as before, _Recorder(local.endpoint) as clients:
        preconditions.bootstrap(settings, before)
        apply(folder, STACK, clients, lambda _label: None)
        return Full(settings, render(folder, STACK), clients.calls)


@pytest.fixture(scope="session")
def bootstrapped(template: dict[str, Any], full: Full) -> Bootstrapped:
    settings = full.settings
    home = settings.home
    account = fill_in(
        template,
        home.account,
        home.region,
        Stack=STACK,
        GitHubOwner="acme",
        GitHubRepository="container-registry",
        Regions=",".join(registry.region for registry in settings.registries),
        EnhancedScanning="true",
        DeployEnvironment=STACK,
        PreviewEnvironment=f"preview-{STACK}",
        DriftEnvironment=f"drift-{STACK}",
        DestroyEnvironment=f"destroy-{STACK}",
        ReplicaRoles=",".join(full.roles_elsewhere.values()),
        ReplicaDestroyRoles=",".join(map(_destroy, full.roles_elsewhere.values())),
        TrailLogGroup=TRAIL,
    )
    world = World.of(settings, home.account)
    return Bootstrapped(account, STACK, world, full.declared(), full.called[home.account], full.roles_elsewhere)


def _destroy(role: str) -> str:
    """The destroy role beside a deploy role."""
    return role.removesuffix("deploy") + "destroy"


def _provider(resource: Resource) -> str | None:
    """The name of the one that it has, which is the account's."""
    return resource.provider.split("::")[-2] if resource.provider else None


def refused(caller: Caller, asked: Iterable[Asked]) -> list[str]:
    """What the caller may not do of it, with the reason."""
    return [text for each in asked if not (text := _answer(caller, each)).startswith("allowed")]


def granted(caller: Caller, asked: Iterable[Asked]) -> list[str]:
    return [text for each in asked if (text := _answer(caller, each)).startswith("allowed")]


def _answer(caller: Caller, asked: Asked) -> str:
    decision = evaluate(caller, asked.request, asked.resource_policies)
    return f"{decision.outcome.value} by {decision.sid}: {asked.request.action} on {asked.request.resource}"
