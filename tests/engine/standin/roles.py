"""The bootstrap's roles as the provider's credentials: `domain.iam` decides by their policies what they delete.

STANDIN_ROLE says which one the engine runs with: `prod/222233334444/deploy`, `prod/222233334444/destroy`, or
`dev/111122223333/sandbox`, the deploy role of a sandbox. Without it every call is allowed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bootstrap.template import load_template
from domain.iam.access import Request
from domain.iam.evaluate import evaluate, reason
from resources import ResourceType
from tests.bootstrap.calls import DESTROYING, KEY_ID, Call
from tests.bootstrap.deployed import DEPLOY, DESTROY, DeployedAccount, fill_in
from tests.bootstrap.world import World
from tests.engine.standin.cloud import RefusedError, Values

VARIABLE = "STANDIN_ROLE"
_PROJECT = "container-registry"
_HOME_REGION = "us-east-1"


@dataclass(frozen=True)
class Role:
    """One of the bootstrap's roles, in the stack's account or in another one."""

    account: str
    kind: str
    stack: str
    home: str
    """The stack's account."""
    region: str

    @classmethod
    def of_engine(cls, region: str) -> "Role | None":
        """The one that the engine runs with; it deletes in one region."""
        if VARIABLE not in os.environ:
            return None
        stack, home, kind = os.environ[VARIABLE].split("/")
        return cls(home, kind, stack, home, region)

    @property
    def name(self) -> str:
        return DESTROY if self.kind == "destroy" else DEPLOY

    @property
    def deployed(self) -> DeployedAccount:
        """The template, in the account of the role."""
        github = {"GitHubOwner": "acme", "GitHubRepository": _PROJECT}
        given = {"Stack": self.stack, "Regions": self.region, "Sandbox": str(self.kind == "sandbox").lower(), **github}
        if self.account != self.home:
            given |= {f"Home{each.title()}Role": self._arn(self.home, each) for each in ("deploy", "destroy")}
        return fill_in(load_template(), self.account, self.region, **given)

    def assume(self, arn: str) -> "Role":
        """The role of another account, by both sides; raises RefusedError."""
        account, there = arn.split(":")[4], arn.rpartition("-")[2]
        taken = Role(account, "sandbox" if self.kind == "sandbox" else there, self.stack, self.home, self.region)
        names = {"ReplicaRoles": self._arn(account, "deploy"), "ReplicaDestroyRoles": self._arn(account, "destroy")}
        github = {"GitHubOwner": "acme", "GitHubRepository": _PROJECT}
        home = fill_in(load_template(), self.home, _HOME_REGION, Stack=self.stack, **github, **names)
        caller, request = home.session(self.name), Request(action="sts:AssumeRole", resource=arn, account=account)
        decision = evaluate(caller, request, [taken.deployed.trust(taken.name)])
        if not decision.allowed:
            raise RefusedError(f"AccessDenied: {reason(decision, caller, request)}")
        return taken

    def check_deletion(self, record: ResourceType, inputs: Values, tags: Mapping[str, str]) -> None:
        """Raises RefusedError in AWS's words where the role can't make the calls that a deletion takes."""
        world = World(self.account, tags, f"alias/{_PROJECT}", f"/{_PROJECT}/{self.stack}/", "")
        has = {f"{of}:ResourceTag/{key}": (value,) for of in ("aws", "ecr") for key, value in tags.items()}
        given = {name: inputs[key] for name, key in record.parameters.items() if key in inputs}
        caller = self.deployed.session(self.name)
        for operation in record.changes:
            if operation not in DESTROYING and not operation.startswith("Delete"):
                continue
            call = Call(
                service=record.service, operation=operation, region=self.region, parameters={"KeyId": KEY_ID, **given}
            )  # fmt: skip
            for asked in world.asked(call):
                tagged = {} if ":alias/" in asked.request.resource else has
                request = Request(
                    action=asked.request.action, resource=asked.request.resource, account=self.account,
                    context={**asked.request.context, **tagged},
                )  # fmt: skip
                decision = evaluate(caller, request, asked.resource_policies)
                if not decision.allowed:
                    raise RefusedError(f"AccessDeniedException: {reason(decision, caller, request)}")

    def _arn(self, account: str, kind: str) -> str:
        return f"arn:aws:iam::{account}:role/{_PROJECT}-{self.stack}-{kind}"
