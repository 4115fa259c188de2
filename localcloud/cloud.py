"""The local cloud as one object: an AWS on loopback that leaves nothing behind."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from domain.ecr.upstreams import ECR, upstream_of
from domain.iam.access import Identity
from domain.iam.oidc import AUDIENCE
from localcloud import github_issuer
from localcloud.callers import Callers, root
from localcloud.calls import ControlPlane
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.control_plane import Control
from localcloud.ecr.data_plane import data_plane
from localcloud.ecr.registry_state import StoredRegistry
from localcloud.ecr.services import Services
from localcloud.emulator import Emulator, EmulatorDied, OnFailure, log_of
from localcloud.emulator_environment import FOLDER, REQUIREMENTS, installed
from localcloud.events.cloud_events import CloudEvents
from localcloud.gateway import Gateway
from localcloud.github_issuer import GithubIssuer, Job
from localcloud.iam_and_kms import Backend, KmsKey
from localcloud.oidc_issuers import OidcIssuers, PublicKeys
from localcloud.pod_identity import PATH, PodIdentityAgent, PodIdentityAssociation
from localcloud.server import LOOPBACK, PORT_MAX, Server
from localcloud.sts import Sts

_PREFIX = "container-registry-cloud-"

_T = TypeVar("_T")


class LocalCloud:
    """Serves from `start` to `stop`, or as a context; several can run side by side.

    Any 12-digit account id is an access key: its account's root, with whatever secret. Every other key is made here, by
    IAM or STS. `events` is what its services tell EventBridge and CloudTrail, and what came of it.
    """

    events: CloudEvents

    def __init__(self, *, port: int = 0, ecr: ControlPlane | None = None) -> None:
        self._port = port
        self._registry_port = port and min(port + 1, PORT_MAX)
        """The first that a registry can have; 0 is any free one."""
        self._ecr = ecr
        self._server = Server()
        self._emulator: Emulator | None = None
        self._tokens = Tokens()
        self._github = GithubIssuer()
        self._issuers = OidcIssuers()
        self._issuers.add(github_issuer.URL, self._github, github_issuer.CONDITION_CLAIMS)
        self._agents: dict[str, tuple[PodIdentityAgent, int]] = {}
        """Of EKS Pod Identity, and each one's port, by the ARN of the cluster."""
        self._upstream_hosts: dict[str, str] = {}
        """HOST:PORT of the local registry that serves as an upstream, by the upstream's address."""

    def start(self) -> None:
        """Returns when everything answers; raises NotInstalled, EmulatorDied or PortUnavailable."""
        python = installed(FOLDER, REQUIREMENTS)
        self.state = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._server.start()
        try:
            self._server.wait(self._start(python))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends everything and removes the state folder, in under a second; again does nothing."""
        try:
            if self._emulator is not None:
                self._server.wait(self._stop(self._emulator))
                self._emulator = None
        finally:
            self._server.stop()
            shutil.rmtree(self.state, ignore_errors=True)

    @property
    def endpoint(self) -> str:
        """The URL for every service of every account and region."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def log(self) -> Path:
        """The emulator's."""
        return log_of(self.state)

    @property
    def failure(self) -> EmulatorDied | None:
        return self._emulator.failure if self._emulator is not None else None

    def on_failure(self, callback: OnFailure) -> None:
        """Calls back, in the server's thread, as soon as the emulator dies."""
        self._server.wait(self._register(callback))

    def join(self, account: str, organization: str) -> None:
        """The account belongs to the organization from now on."""
        self._server.wait(_call(lambda: self._callers.join(account, organization)))

    def fix_password(self, account: str, password: str) -> None:
        """The account's root logs in to its registries with this password, too, and it does not end."""
        self._server.wait(_call(lambda: self._tokens.fix(password, root(account))))

    def move_registry_clock(self, by: timedelta) -> None:
        """So much more time has passed for authorization tokens; sessions and signatures keep the machine's clock."""
        self._server.wait(_call(lambda: self._tokens.move_clock(by)))

    def service_password(self, service: str, source_arn: str, source_account: str) -> str:
        """With which an AWS service pulls on behalf of one of its resources; in AWS it is never shown."""
        context = {"aws:SourceArn": (source_arn,), "aws:SourceAccount": (source_account,)}
        identity = Identity(arn=service, account=None, session_context=context)
        token = self._server.wait(_call(lambda: self._tokens.issue(identity, now=datetime.now(UTC))))
        return token.password

    def service_session(
        self, service: str, role: str, source_arn: str, source_account: str
    ) -> Mapping[str, Any] | None:
        """STS's Credentials of the role, which an AWS service takes to work for one of its resources; None where the
        role does not trust it."""
        source = {"aws:SourceArn": (source_arn,), "aws:SourceAccount": (source_account,)}
        return self._server.wait(self._sts.assume_by_service(service, role, source))

    def github_token(self, job: Job, *, audience: str = AUDIENCE, at: datetime | None = None) -> str:
        """With which a job of a GitHub workflow assumes a role: made now, or at another moment."""
        now = at or datetime.now(UTC)
        return self._server.wait(_call(lambda: self._github.token(job, audience=audience, now=now)))

    def add_issuer(self, url: str, keys: PublicKeys) -> None:
        """The tokens of this OIDC issuer are proved by these keys from now on, where an account has it as its provider.

        A ClusterIssuer signs tokens of its own; PublishedKeys are those of an API server that runs."""
        self._server.wait(_call(lambda: self._issuers.add(url, keys)))

    def associate(self, association: PodIdentityAssociation) -> str:
        """AWS_CONTAINER_CREDENTIALS_FULL_URI of the pods of the cluster: where they get credentials."""
        return self._server.wait(self._associate(association))

    def add_key(self, key: KmsKey) -> None:
        """Adds a key that exists in the account, under the ARN that it has there."""
        self._server.wait(_call(lambda: self._backend.add_key(key)))

    def add_secret(self, arn: str, text: str) -> None:
        """The same for a secret, which holds this text."""
        self._server.wait(_call(lambda: self._backend.add_secret(arn, text)))

    def route_upstream(self, upstream_url: str, host: str) -> None:
        """Calls to the upstream go to 127.0.0.1:PORT from now on; an upstream without a route is unreachable.

        Another private ECR registry needs none: it is this cloud's own."""
        if upstream_of(upstream_url) in (None, ECR):
            raise ValueError(f"{upstream_url} is not an upstream that can be routed")
        if host.partition(":")[0] != LOOPBACK:
            raise ValueError(f"{host} is not on loopback, and the local cloud speaks with nothing else")
        self._server.wait(_call(lambda: self._upstream_hosts.update({upstream_url: host})))

    async def _start(self, python: Path) -> None:
        emulator = self._emulator = Emulator(self.state, python)
        backend = self._backend = Backend(emulator)
        self._callers = Callers(backend)
        self.events = CloudEvents(self._server, backend)
        ecr = self._ecr or self._control_plane()
        self._sts = Sts(backend, self._callers, self._issuers)
        gateway = Gateway(emulator, backend, self._callers, ecr=ecr, sts=self._sts, events=self.events.router)
        self._port = await self._server.listen(gateway.app, self._port)
        await emulator.start(gateway=self._port)

    async def _associate(self, association: PodIdentityAssociation) -> str:
        if association.cluster not in self._agents:
            made = PodIdentityAgent(self._issuers, self._sts)
            self._agents[association.cluster] = made, await self._server.listen(made.app)
        agent, port = self._agents[association.cluster]
        agent.associate(association)
        return f"http://{LOOPBACK}:{port}{PATH}"

    def _control_plane(self) -> ControlPlane:
        folder = self.state / "ecr"
        folder.mkdir()
        services = Services(
            folder,
            self._backend,
            self._callers,
            tokens=self._tokens,
            upstream_hosts=self._upstream_hosts,
            events=self.events.router,
            open_port=self._open_registry,
        )
        self.events.services = services
        return Control(services)

    async def _open_registry(self, registry: StoredRegistry, services: Services) -> int:
        """With a given port the registries have those after it, in the order in which they are first asked for."""
        return await self._server.listen(
            data_plane(registry, services), self._registry_port, last=self._registry_port and PORT_MAX
        )

    async def _stop(self, emulator: Emulator) -> None:
        """The ports first, so that no request writes into the state folder while it is removed."""
        await self._server.close()
        await self.events.close()
        await emulator.stop()

    async def _register(self, callback: OnFailure) -> None:
        if self._emulator is not None:
            self._emulator.on_failure(callback)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


async def _call(function: Callable[[], _T]) -> _T:
    """In the server's loop, where all that it changes is read."""
    return function()
