"""One repository of a stack: from the settings, the render's outputs and the access matrix."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.ecr.lifecycle import PolicyRule, read_lifecycle
from domain.ecr.retention import Selector
from domain.wording import listed
from render.resource import Render
from review.access.grantees import workflow
from review.access.matrix import Access, GranteeKind, Matrix
from review.show.lines import docker_lines, example_tag, workflow_lines
from review.show.shown_namespaces import ShownNamespace, namespaces_that_pull
from settings import Repository, Settings, StackRegistry

_KEPT = "Keep all other images"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRegistry:
    """A registry that has the repository; images are pushed to the home registry alone."""

    account: str
    region: str
    home: bool
    url: str
    arn: str
    retention: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryUser:
    """A principal that can push or pull; of a role of the stack, its ARN and the principals that can assume it."""

    who: str
    role_arn: str | None
    regions: tuple[str, ...]
    everywhere: bool
    """Whether these are all the regions that the access is possible in."""
    conditions: tuple[str, ...]
    as_far_as_its_own_policies_allow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySummary:
    project: str
    stack: str
    account: str
    name: str
    owner: str
    description: str | None
    mutable_tags: tuple[str, ...]
    encryption: str
    retires: str | None
    """The day until which it can be deleted with its images."""
    alarms: tuple[str, ...]
    """Those of its own, where the stack's monitoring is on."""
    registries: tuple[ShownRegistry, ...]
    push: tuple[RepositoryUser, ...]
    pull: tuple[RepositoryUser, ...]
    clusters: tuple[ShownNamespace, ...]
    """The namespaces that pull it."""
    notes: tuple[str, ...]
    workflows: dict[str, str]
    """By GitHub repository and its refs or environment: a workflow that pushes."""
    docker: dict[str, str]
    """What a person types to log in, push and pull."""


def repository_summary(name: str, settings: Settings, rendered: Render, matrix: Matrix) -> RepositorySummary:
    repository = next(each for each in settings.repositories if each.name == name)
    own, labels = matrix.of(name), _publishers(name, settings, rendered)
    rules = read_lifecycle(_lifecycle(name, settings, settings.home))
    home, tag = settings.home, example_tag(rules, "1.0.0")
    return RepositorySummary(
        project=settings.project,
        stack=settings.stack,
        account=home.account,
        name=name,
        owner=repository.owner,
        description=repository.description,
        mutable_tags=repository.mutable_tags,
        encryption=_encryption(repository),
        retires=repository.retire.until.isoformat() if repository.retire else None,
        alarms=repository.alarms if settings.monitoring_options.enabled else (),
        registries=tuple(_registries(name, settings, rendered)),
        push=tuple(_users(own, Access.PUSH, (home.region,), labels)),
        pull=tuple(_users(own, Access.PULL, own.repositories[name], labels)),
        clusters=tuple(namespaces_that_pull(repository, settings, tag)),
        notes=own.notes,
        workflows={
            labels[arn]: workflow_lines(each.source, arn, home, name, rules)
            for each in settings.publishers
            if (arn := str(rendered.outputs["roles"][each.name])) in labels
        },
        docker=docker_lines(home, name, tag),
    )


def _encryption(repository: Repository) -> str:
    return f"a key of its own ({listed(repository.key_arns)})" if repository.key_arns else repository.encryption.value


def _registries(name: str, settings: Settings, rendered: Render) -> Iterator[ShownRegistry]:
    for registry in settings.all_registries:
        made = rendered.outputs["registries"][registry.name]["repositories"].get(name)
        if made is not None:
            yield ShownRegistry(
                account=registry.account,
                region=registry.region,
                home=registry.home,
                url=made["url"],
                arn=made["arn"],
                retention=tuple(_sentences(read_lifecycle(_lifecycle(name, settings, registry)))),
            )


def _lifecycle(name: str, settings: Settings, registry: StackRegistry) -> str:
    return next(each.lifecycle_text for each in settings.copies(registry) if each.name == name)


def _sentences(rules: list[PolicyRule]) -> Iterator[str]:
    yield from (str(each.rule.description) if each.is_shield else each.text for each in rules)
    if not any(each.rule.selector is Selector.ANY for each in rules):
        yield _KEPT


def _publishers(name: str, settings: Settings, rendered: Render) -> dict[str, str]:
    """The workflows that push to the repository, by the ARN of their role."""
    return {
        str(rendered.outputs["roles"][each.name]): listed(map(workflow, each.source.subjects()))
        for each in settings.publishers
        if name in each.repositories
    }


def _users(
    matrix: Matrix, access: Access, possible: tuple[str, ...], labels: dict[str, str]
) -> Iterator[RepositoryUser]:
    """Those that have the access; a role that can't log in can neither push nor pull."""
    for cell in matrix.cells:
        if cell.access is access and cell.login is not False:
            yield RepositoryUser(
                who=labels.get(cell.principal.id) or listed(cell.principal.entrants) or cell.principal.label,
                role_arn=cell.principal.id if cell.principal.kind is GranteeKind.ROLE else None,
                regions=cell.regions,
                everywhere=set(cell.regions) == set(possible),
                conditions=cell.conditions,
                as_far_as_its_own_policies_allow=cell.principal.by_own_policies,
            )
