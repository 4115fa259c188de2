"""The tests of access that hold in one stack: its names become ids, roles and tokens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from domain.iam.access_test import AccessTest
from domain.iam.cluster_trust import service_account_subject
from domain.iam.concrete_principal import ConcretePrincipal, token_holder
from domain.iam.github import ISSUER, Subject
from domain.iam.github_trust import GitHubSource
from domain.iam.grants import account_arn
from domain.iam.oidc import provider_arn
from domain.kubernetes.cluster import Cluster, Namespace
from domain.problems import Path
from settings.declared.settings import Settings
from settings.written.access_tests import AccessTestEntry, TestedPrincipal
from settings.written.catalog import Catalog
from settings.written.stack import StackKeys

TESTS = "access_tests"


def entries_here(catalog: Catalog, stack: str) -> Iterator[tuple[Path, AccessTestEntry, tuple[str, ...]]]:
    """The tests of the stack, each with its path and its repositories."""
    of_one = [
        (("repositories", name, TESTS, index), test, (name,))
        for name, entry in catalog.repositories.items()
        for index, test in enumerate(entry.access_tests)
    ]
    shared = [((TESTS, index), test, test.repositories) for index, test in enumerate(catalog.access_tests)]
    return (
        (path, test, names)
        for path, test, names in (*of_one, *shared)
        if stack in (test.stacks or (stack,)) and test.principal.is_one
    )


def with_access_tests(
    settings: Settings, catalog: Catalog, keys: StackKeys, sources: Iterable[GitHubSource]
) -> Settings:
    """`sources` are all that push by the catalog, in any stack."""
    principals = StackPrincipals(settings, keys, sources)
    tests = (
        AccessTest(
            path=path, repository=name, principals=principals.of(test.principal), action=test.action,
            expect=test.expect, regions=test.regions or (),
        )
        for path, test, names in entries_here(catalog, settings.stack)
        for name in names
    )  # fmt: skip
    return replace(settings, access_tests=tuple(each for each in tests if each.principals))


class StackPrincipals:
    """The principals of one stack that a test can name, by the key that names them."""

    def __init__(self, settings: Settings, keys: StackKeys, sources: Iterable[GitHubSource]) -> None:
        self._settings, self._keys = settings, keys
        # Those of this stack come last, and count.
        found = [*sources, *(each.source for each in settings.publishers)]
        self._sources = {each.github.casefold(): each for each in found}
        self._environments = {
            (each.github.casefold(), each.environment.casefold()): each.environment
            for each in found
            if each.environment
        }
        self._namespaces = {
            str(each.id): (cluster, each) for cluster in settings.clusters for each in cluster.namespaces
        }

    def names(self, key: str) -> Iterable[str]:
        known: Mapping[str, Iterable[str]] = {
            "github": [each.github for each in self._sources.values()],
            "account": self._keys.accounts,
            "organization": self._keys.organizations,
            "namespace": [name for name, found in self._namespaces.items() if found[1].mode.pulls_from_ecr],
        }
        return known[key] if key in known else [each.name for each in self._settings.roles]

    def of(self, tested: TestedPrincipal) -> tuple[ConcretePrincipal, ...]:
        """Those that it means; none where it names one that is not there, which is a fault of its own."""
        home = self._settings.home
        organization = self._keys.organizations.get(tested.organization or "", "")
        of_it = f" of organization {tested.organization}" if organization else ""
        if tested.github is not None:
            source = self._sources.get(tested.github.casefold())
            return tuple(self._workflows(tested, source)) if source else ()
        if tested.account is not None:
            account = self._keys.accounts.get(tested.account)
            label = f"account {tested.account}{of_it}"
            return (ConcretePrincipal(label=label, account=account, organization=organization),) if account else ()
        if tested.role is not None:
            arn = account_arn(home.account, f"{self._settings.role_path[1:]}{tested.role}", home.id)
            return (ConcretePrincipal(label=f"role {tested.role}", role=arn),)
        if tested.namespace is not None:
            found = self._namespaces.get(tested.namespace)
            return tuple(self._pods(*found)) if found else ()
        if tested.arn is not None:
            return (ConcretePrincipal(label=f"{tested.arn}{of_it}", arn=tested.arn, organization=organization),)
        return (ConcretePrincipal(label="everyone"),)

    def _workflows(self, tested: TestedPrincipal, source: GitHubSource) -> Iterator[ConcretePrincipal]:
        home = self._settings.home
        owner, _, repository = source.github.partition("/")
        # GitHub ignores the case of an environment's name, and a trust policy does not.
        key = (source.github.casefold(), (tested.environment or "").casefold())
        environment = self._environments.get(key, tested.environment)
        ids = {"owner_id": source.owner_id, "repository_id": source.repository_id} if source.immutable else {}
        where: list[dict[str, str | None]] = [{"ref": each} for each in tested.refs or ()] or [
            {"environment": environment}
        ]
        for each in where:
            pull_request = tested.pull_request is True
            subject = Subject(owner=owner, repository=repository, pull_request=pull_request, **each, **ids)
            place = f"in environment {environment}" if environment else f"on {subject.ref}"
            called = f"pull requests of {source.github}" if pull_request else f"{source.github} {place}"
            workflow = tested.job_workflow_ref
            yield token_holder(
                f"{called} by {workflow}" if workflow else called,
                provider_arn(ISSUER, home.account, home.region), str(subject),
                repository=source.github, repository_owner=owner, repository_id=source.repository_id,
                repository_owner_id=source.owner_id, job_workflow_ref=workflow, **each,
            )  # fmt: skip

    def _pods(self, cluster: Cluster, namespace: Namespace) -> Iterator[ConcretePrincipal]:
        label, home = f"namespace {namespace.id}", self._settings.home
        arn = self._settings.pull_role_arn(cluster, namespace) or self._settings.node_role_arn(cluster)
        if namespace.role and cluster.own_account and cluster.issuer:
            provider = provider_arn(cluster.issuer, cluster.account, home.region)
            for each in namespace.trusted:
                subject = service_account_subject(namespace.name, each)
                yield token_holder(f"service account {each} of {label}", provider, subject)
        elif arn and namespace.mode.pulls_from_ecr:
            yield ConcretePrincipal(label=label, arn=arn)
