"""A refused call beside what the stack declares: who called, which access to what, and how our evaluator answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from domain.aws import Arn
from domain.ecr.cache import Cache
from domain.ecr.names import private_registry
from domain.ecr.upstreams import rule_for
from domain.iam.access import Caller, Identity, Policy
from domain.iam.actions import DELETE_ACTIONS, IMPORT_ACTIONS, LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.concrete_principal import ConcretePrincipal
from domain.iam.github import ISSUER
from domain.iam.grants import PullService
from domain.iam.oidc import AUDIENCE, issuer_name, provider_arn
from domain.problems import Path as KeyPath
from domain.problems import value_in
from ops.why.recognisers import ClientWords, Symptom
from ops.why.signals import Signal, account_in
from render.resource import Render
from review.access.access_questions import AccessAnswer, AccessQuestions, AccessStep
from review.access.grantees import workflow
from review.access.matrix import Access
from review.access.partial_evaluation import PartialCaller, decide
from review.access.targets import AccessTarget
from settings import Repository, Settings, StackRegistry
from settings.files.configuration import read_configuration, stack_file, stacks
from settings.files.source import Source, read

_READS = (*PULL_ACTIONS, "ecr:BatchCheckLayerAvailability")
_OF_CLIENTS = frozenset((*PULL_ACTIONS, *PUSH_ACTIONS, LOGIN_ACTION))
_READS_OF_PUSH = ("ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability")
_OF_PUSH = (Symptom.TAG_IMMUTABLE, Symptom.LAYER_MISSING, Symptom.MANIFEST_REFUSED, Symptom.QUOTA)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPlace:
    """The line that decides, or that would have to change."""

    file: str
    line: int
    path: KeyPath


@dataclass(frozen=True, kw_only=True)
class RefusedCall:
    """The call; `claims` are those of the token with which it came, as far as they are known."""

    project: Path
    settings: Settings
    rendered: Render
    signal: Signal
    claims: Mapping[str, str]
    boundaries: Mapping[str, Policy]
    """The permissions boundary of the project's bootstrap, by its ARN."""
    named: str | None = None
    """The repository that people say it is about."""

    @cached_property
    def questions(self) -> AccessQuestions:
        return AccessQuestions(self.rendered, self.boundaries)

    @property
    def repository(self) -> str | None:
        return self.named or self.signal.repository

    @cached_property
    def entry(self) -> Repository | None:
        """The repository as the stack declares it."""
        return next((each for each in self.settings.repositories if each.name == self.repository), None)

    @cached_property
    def place(self) -> tuple[str | None, str | None]:
        """Account and region that were called, as far as the text or the event names them."""
        at = private_registry(self.signal.host) if self.signal.host else None
        host_account = account_in(self.signal.host) if self.signal.host else None
        return (
            at.account if at else host_account or self.signal.account,
            at.region if at else self.signal.region,
        )

    @cached_property
    def registry(self) -> StackRegistry | None:
        """The stack's registry that was called: home where nothing says otherwise, None for one of others."""
        account, region = self.place
        return next(
            (
                each
                for each in self.settings.all_registries
                if (account or each.account, region or each.region) == (each.account, each.region)
            ),
            None,
        )

    @cached_property
    def access(self) -> Access:
        action = self.signal.action or ""
        if action in DELETE_ACTIONS:
            return Access.DELETE
        by_client = action in _OF_CLIENTS or (action in IMPORT_ACTIONS and self.cache)
        if action.startswith("ecr:") and not by_client:
            return Access.CONFIGURE
        writes = action in PUSH_ACTIONS and action not in _READS_OF_PUSH
        return Access.PUSH if writes or self.signal.pushes or self._comes_to_push else Access.PULL

    @property
    def _comes_to_push(self) -> bool:
        """Workflows come for nothing else."""
        signal = self.signal
        if signal.symptom in _OF_PUSH or signal.client is ClientWords.GITHUB:
            return True
        is_named = signal.symptom in (Symptom.IMAGE_MISSING, Symptom.REPOSITORY_MISSING) or signal.action in _READS
        at_github = "sub" in self.claims and not self.is_cluster_token
        return (at_github and not is_named) or (signal.symptom is Symptom.NOT_TRUSTED and not self.claims)

    @cached_property
    def target(self) -> AccessTarget | None:
        """What the call was about, with the policies that are declared for it."""
        if not self.repository or not self.registry:
            return None
        found = self.questions.targets(self.repository, [self.registry.region])
        return next((each for each in found if each.account == self.registry.account), None)

    @cached_property
    def token(self) -> ConcretePrincipal | None:
        """The holder of the token whose claims are known."""
        if "sub" not in self.claims:
            return None
        home = self.settings.home
        issuer = issuer_name(self.claims.get("iss", ISSUER))
        return ConcretePrincipal(
            label=workflow(self.claims["sub"]) if issuer == ISSUER else self.claims["sub"],
            provider=provider_arn(issuer, home.account, home.region),
            claims={"aud": AUDIENCE, **self.claims},
            whole="iss" in self.claims,
        )

    @property
    def is_cluster_token(self) -> bool:
        return issuer_name(self.claims.get("iss", ISSUER)) != ISSUER

    @cached_property
    def session_role(self) -> str | None:
        """The ARN of the role of the session that called, with its path where the stack names just one such role."""
        arn = Arn.parse(self.signal.principal or "")
        kind, _, name = arn.resource.partition("/") if arn else ("", "", "")
        if arn is None or kind not in ("assumed-role", "role"):
            return None
        if kind == "role":
            return str(arn)
        plain = name.partition("/")[0]
        if (self.signal.role or "").endswith(f"/{plain}"):
            return self.signal.role
        known = [*self.questions.role_arns, *self.settings.cluster_principals, *self._granted]
        fits = {each for each in known if each.endswith(f"/{plain}") and f"::{arn.account}:" in each}
        return fits.pop() if len(fits) == 1 else str(replace(arn, service="iam", resource=f"role/{plain}"))

    @cached_property
    def _granted(self) -> list[str]:
        """The roles that policies of the repository name."""
        policies = self.target.policies if self.target else ()
        statements = (each for policy in policies for each in policy.document.statements)
        return [principal.value for each in statements for principal in each.principals or ()]

    @cached_property
    def caller(self) -> ConcretePrincipal | None:
        """Who called, the holder of a token where its session is not known; None where nothing says it."""
        role, principal = self.session_role, self.signal.principal
        if role and role in self.questions.role_arns:
            return ConcretePrincipal(label=f"role {role.rpartition('/')[2]}", role=role)
        if principal:
            return ConcretePrincipal(label=principal, arn=role or principal)
        return self.token

    @property
    def stack_role(self) -> str:
        """The ARN of the role of the stack as which the call was made, by its session or by the token; else none."""
        caller, answer = self.caller, self.answer
        if caller is None or caller.role:
            return caller.role if caller else ""
        entered = caller.provider and answer and answer.step is not AccessStep.ASSUME
        return answer.role if entered and answer else ""

    @property
    def caller_account(self) -> str | None:
        arn = Arn.parse(self.signal.principal or "")
        return arn.account if arn else None

    @cached_property
    def answer(self) -> AccessAnswer | None:
        """Our evaluator's; None where it is not known who called, or what."""
        if self.caller is None or self.target is None:
            return None
        return self.questions.obstacle(self.caller, self.access, self.target)

    @cached_property
    def service_source(self) -> Arn | None:
        """For what the AWS service called; of the stack's account where nothing says it. None where no service did."""
        service, home = self.signal.service, self.settings.home
        kind = next((each for each in PullService if each.principal == service), None)
        if kind is None:
            return None
        resource = "function:any" if kind is PullService.LAMBDA else "project/any"
        made_up = Arn(home.id.partition, kind.value, self.place[1] or home.region, home.account, resource)
        return Arn.parse(self.signal.source or "") or made_up

    @cached_property
    def service_is_allowed(self) -> bool:
        """Whether the repository's policies allow that service the pull for that source."""
        source = self.service_source
        if source is None or self.target is None:
            return False
        context = {"aws:SourceAccount": (source.account,), "aws:SourceArn": (str(source),)}
        caller = Caller(identity=Identity(arn=str(self.signal.service), account=None, session_context=context))
        decisions = (
            decide(PartialCaller(caller=caller), self.target.request(action), self.target.policies)
            for action in self.access.actions
        )
        return all(decisions)

    @cached_property
    def stack_source(self) -> Source:
        return _source(self.project, stack_file(self.settings.stack))

    @cached_property
    def catalog_file(self) -> str:
        return str(read_configuration(self.project, self.settings.stack).own()["catalog"])

    @cached_property
    def catalog(self) -> Source:
        return _source(self.project, self.catalog_file)

    @cached_property
    def cache(self) -> Cache | None:
        """The one that the repository's name begins with the prefix of."""
        if self.entry or not self.repository:
            return None
        rule = rule_for(self.repository, [each.rule for each in self.settings.caches])
        return next((each for each in self.settings.caches if each.rule == rule), None)

    @property
    def cache_place(self) -> SettingsPlace:
        """Of that cache, whose position is its path's last part."""
        return self.in_stack("caches", self.settings.caches.index(self.cache) if self.cache else 0)

    def account_name(self, account: str) -> str | None:
        """How the stack's file calls the account."""
        names = self.in_stack_value("accounts")
        return (
            next((name for name, each in names.items() if each == account), None) if isinstance(names, dict) else None
        )

    def account_of(self, stack: str) -> str | None:
        """Of another stack, as its file has it."""
        home = read_configuration(self.project, stack).home()
        return home[0] if home else None

    @property
    def other_stacks(self) -> list[str]:
        return [each for each in stacks(self.project) if each != self.settings.stack]

    @property
    def entries(self) -> Mapping[str, Any]:
        """The catalog's repositories, as they are written."""
        found: Mapping[str, Any] = value_in(self.catalog.value, ("repositories",))
        return found

    def in_catalog(self, *path: str | int) -> SettingsPlace:
        return SettingsPlace(file=self.catalog_file, line=self.catalog.line(path) or 1, path=path)

    def in_stack_value(self, *path: str | int) -> object:
        """What the stack's own keys have there."""
        return value_in(read_configuration(self.project, self.settings.stack).own(), path)

    def in_stack(self, key: str, *path: str | int) -> SettingsPlace:
        """Of a key; where it is not written, the line that holds all keys."""
        full = ("config", f"{self.settings.project}:{key}", *path)
        return SettingsPlace(file=stack_file(self.settings.stack), line=self.stack_source.line(full) or 1, path=full)


def _source(project: Path, file: str) -> Source:
    source, _ = read(project / file, file)
    if source is None:
        raise FileNotFoundError(file)
    return source
