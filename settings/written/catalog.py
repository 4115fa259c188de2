"""The shape of catalog.yaml. Names are resolved through the stack, whose names arrive as the validation's context."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)

from domain.ecr.retention import RetentionEffect, Rule, Selector
from domain.iam.github import REPOSITORY
from domain.iam.github_trust import environment_problems, ref_problems, repository_problems, workflow_problems
from domain.iam.grants import PullService, role_name_problems
from domain.model_problems import OtherWords, invalid_value
from settings.written.access_tests import AccessTestEntry, SharedAccessTest
from settings.written.fields import (
    DEFAULT_PRESET,
    Day,
    Model,
    Names,
    RepositoryName,
    StackName,
    Text,
    checked,
    known,
    matching,
    unchanged,
)

_GITHUB_ID = re.compile(r"[1-9][0-9]{0,18}")
_SOMETHING = re.compile(r".*\S.*", re.DOTALL)
WORD, VALUE = UNION_TAGS = ("\0word", "\0value")
"""The tags of our unions; pydantic puts them into the path of a fault, where nothing that people write equals them."""


def _word_or_value(value: object) -> str:
    return WORD if isinstance(value, str) else VALUE


class RetentionRule(Model):
    """One selector, and exactly one thing that happens to the images it selects."""

    OTHER_WORDS: ClassVar[OtherWords] = {"count": ("keep", unchanged), "days": ("expire_after_days", unchanged)}

    tag: StrictStr | None = Field(None, description="selects images with a matching tag; `*` is any text")
    all_tags: tuple[StrictStr, ...] | None = Field(
        None, description="selects images of which each pattern matches a tag"
    )
    untagged: Literal[True] | None = Field(None, description="selects images without a tag")
    any: Literal[True] | None = Field(None, description="selects all images; the last rule of its storage class")
    keep: StrictInt | None = Field(None, description="expires all but the newest N")
    expire_after_days: StrictInt | None = Field(None, description="expires N days after the push")
    archive_keep: StrictInt | None = Field(None, description="archives all but the newest N")
    archive_after_days: StrictInt | None = Field(None, description="archives N days after the push")
    archive_unpulled_after_days: StrictInt | None = Field(None, description="archives N days after the last pull")
    expire_archived_after_days: StrictInt | None = Field(None, description="expires N days (90 at least) after that")
    description: StrictStr | None = Field(None, description="shown in the policy; made from the rule when absent")


SELECTORS = ("tag", "all_tags", "untagged", "any")
EFFECTS = tuple(effect.value for effect in RetentionEffect)


def domain_rule(rule: Mapping[str, object]) -> Rule | None:
    """The rule as the domain has it; None without exactly one selector and one effect, or with a value of another type,
    which are faults of their own."""
    effects = [effect for effect in RetentionEffect if rule.get(effect.value) is not None]
    selectors = [key for key in SELECTORS if rule.get(key) is not None]
    if len(effects) != 1 or len(selectors) != 1:
        return None
    (effect,), (selector,) = effects, selectors
    count, written, description = rule[effect.value], rule[selector], rule.get("description")
    patterns = [written] if selector == "tag" else written if selector == "all_tags" else []
    if not isinstance(count, int) or isinstance(count, bool) or not isinstance(patterns, list | tuple):
        return None
    if not all(isinstance(pattern, str) for pattern in patterns) or not isinstance(description, str | None):
        return None
    kind = Selector(selector) if selector in {"untagged", "any"} else Selector.TAGGED
    return Rule(selector=kind, patterns=tuple(patterns), effect=effect, count=count, description=description)


def _digits(value: object) -> object:
    """GitHub prints ids as numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


GitHubId = Annotated[
    StrictStr,
    BeforeValidator(_digits),
    matching(_GITHUB_ID, "is not a GitHub id", "write its digits, as in 1024"),
    WithJsonSchema({"type": ["integer", "string"]}),
]


class Push(Model):
    """A GitHub workflow that may push: from refs, or from an environment."""

    OTHER_WORDS: ClassVar[OtherWords] = {
        "branch": ("refs", lambda branch: [f"refs/heads/{branch}"]),
        "tag": ("refs", lambda tag: [f"refs/tags/{tag}"]),
        "repository": ("github", unchanged),
        "repo": ("github", unchanged),
        "workflow": ("job_workflow_ref", unchanged),
    }

    github: Annotated[StrictStr, checked(repository_problems)] = Field(description="owner/repository")
    refs: Annotated[tuple[Annotated[StrictStr, checked(ref_problems)], ...], Field(min_length=1)] | None = Field(
        None, description="branches and tags: `refs/heads/main`, `refs/tags/v*`; a `*` in a tag only"
    )
    environment: Annotated[StrictStr, checked(environment_problems)] | None = Field(
        None, description="a deployment environment, in place of `refs`"
    )
    admits: Annotated[tuple[Annotated[StrictStr, checked(ref_problems)], ...], Field(min_length=1)] = Field(
        ("refs/heads/main",),
        description="the branches and tags that can deploy to the environment, where the stack declares it (`github`)",
    )
    owner_id: GitHubId | None = Field(None, description="the owner's id: `gh api repos/OWNER/NAME --jq .owner.id`")
    repository_id: GitHubId | None = Field(None, description="the repository's id: `gh api repos/OWNER/NAME --jq .id`")
    subject: Literal["name", "immutable"] | None = Field(
        None, description="`immutable` (the ids are in the token's subject; the default where both are given) or `name`"
    )
    job_workflow_ref: Annotated[StrictStr, checked(workflow_problems)] | None = Field(
        None, description="the reusable workflow that must be running: `OWNER/NAME/.github/workflows/FILE@REF`"
    )
    stacks: Annotated[tuple[StackName, ...], Field(min_length=1)] | None = Field(
        None, description="only in these stacks"
    )


TASKS = "ecs"
"""Pulls with a role, which the stack makes for its own account."""
SERVICES = (*(service.value for service in PullService), TASKS)
_PRINCIPALS = {each.principal: each.value for each in PullService} | {
    f"{each}.amazonaws.com": TASKS for each in ("ecs", "ecs-tasks")
}
"""The services' words by what IAM calls them."""


def _service(value: object) -> object:
    if isinstance(value, str) and value in _PRINCIPALS:
        raise invalid_value("is a principal of IAM", f"write {', '.join(SERVICES)}", _PRINCIPALS[value])
    return value


_PULL_FORMS = "{account: NAME}, {organization: NAME}, {service: NAME} or {cluster: NAME, namespace: NAME}"


def _pull_of(name: str, context: object) -> dict[str, str] | None:
    """What pulls by this name alone."""
    service = _PRINCIPALS.get(name, name)
    if service in SERVICES:
        return {"service": service}
    return context.pull_of(name) if isinstance(context, Names) else None


def no_name(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        raise invalid_value("is not an object", f"write {_PULL_FORMS}", _pull_of(value, info.context))
    return value


def no_name_for_a_list(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        meant = _pull_of(value, info.context)
        raise invalid_value("is not a list", f"write a list of {_PULL_FORMS}", meant and [meant])
    return value


class Pull(Model):
    """A principal that can pull: an account (or one role in it), an organisation, an AWS service, or a namespace."""

    account: Annotated[StrictStr, known(Names.ACCOUNT)] | None = Field(
        None, description="an account by its name in the stack's `accounts`; its own policies then decide"
    )
    role: Annotated[StrictStr, checked(role_name_problems)] | None = Field(
        None, description="one role in that account, with its path: `batch/runner`"
    )
    organization: Annotated[StrictStr, known(Names.ORGANIZATION)] | None = Field(
        None, description="every account of an organisation, by its name in the stack's `organizations`"
    )
    service: Annotated[Literal[tuple(SERVICES)], BeforeValidator(_service)] | None = Field(  # type: ignore[valid-type]
        None, description=f"{', '.join(f'`{each}`' for each in SERVICES)}: for this account, or for `account`"
    )
    cluster: Annotated[StrictStr, known(Names.CLUSTER)] | None = Field(
        None, description="a cluster by its name in the `clusters` of a stack; only such stacks make the grant"
    )
    namespace: StrictStr | None = Field(None, description="the namespace of that cluster whose pods pull")


class Retirement(Model):
    """Until when images may be destroyed, and why."""

    until: Day
    reason: Annotated[StrictStr, matching(_SOMETHING, "is blank", "say why")]


class NamedKey(Model):
    """One of the stack's own keys."""

    key: Annotated[StrictStr, known(Names.KEY)]


class RepositoryEntry(Model):
    """One repository; everything that is left out is the secure choice."""

    OTHER_WORDS: ClassVar[OtherWords] = {"team": ("owner", unchanged), "lifecycle": ("retention", unchanged)}

    owner: Text = Field(description="the team that answers for the images")
    description: Text | None = Field(None, description="what it is for; becomes a tag")
    retention: Annotated[
        Annotated[StrictStr, known(Names.PRESET), Tag(WORD)] | Annotated[tuple[RetentionRule, ...], Tag(VALUE)],
        Discriminator(_word_or_value),
    ] = Field(DEFAULT_PRESET, validate_default=True, description="a preset's name, or a list of rules")
    mutable_tags: tuple[StrictStr, ...] = Field(
        (), description="patterns (at most 5, two `*` each) of tags that can move; all others are immutable"
    )
    encryption: Annotated[
        Annotated[Literal["customer", "aws-managed", "aes256"], Tag(WORD)] | Annotated[NamedKey, Tag(VALUE)],
        Discriminator(_word_or_value),
    ] = Field(
        "customer",
        description="`customer` (the stack's key), `aws-managed` (the account's `aws/ecr`), `aes256`, or `{key: NAME}` "
        "of the stack's `keys`; it can't be changed once the repository exists",
    )
    push: tuple[Push, ...] = Field((), description="GitHub workflows that can push")
    pull: Annotated[tuple[Annotated[Pull, BeforeValidator(no_name)], ...], BeforeValidator(no_name_for_a_list)] = Field(
        (), description="other principals that can pull"
    )
    access_tests: tuple[AccessTestEntry, ...] = Field((), description="what principals can and can't do with it")
    alarms: tuple[Literal["pulls-stopped"], ...] = Field(
        (), description="`pulls-stopped`: an alarm when it is not pulled for a day"
    )
    adopt: Annotated[
        Annotated[StrictBool, Tag(WORD)] | Annotated[tuple[StackName, ...], Field(min_length=1), Tag(VALUE)],
        Discriminator(lambda value: VALUE if isinstance(value, list | tuple) else WORD),
    ] = Field(default=False, description="the repository exists already, in every stack or in those listed: import it")
    retire: Retirement | None = Field(
        None, description="`{until: 2027-01-31, reason: …}`: the first of the two steps that destroy it"
    )


GitHubName = Annotated[
    StrictStr,
    matching(re.compile(REPOSITORY), "is not the name of a repository", "write it without its owner: payments-api"),
]
"""Of a repository at GitHub."""


class SourceEntry(Model):
    """What is said of a repository of GitHub's as a whole."""

    required_checks: tuple[Text, ...] = Field(
        (), description="jobs, by their names, that must pass before a change of the default branch is merged"
    )
    archived: StrictBool = Field(
        default=False, description="nothing of it is declared, since GitHub takes no change of it"
    )
    renamed_from: GitHubName | None = Field(
        None, description="its name before, without the owner: what is declared of it is kept, and not made anew"
    )


class Catalog(Model):
    """catalog.yaml: the repositories and retention presets; the same for every environment."""

    retention: dict[StrictStr, tuple[RetentionRule, ...]] = Field({}, description="rules shared by name")
    repositories: dict[RepositoryName, RepositoryEntry]
    removed: dict[RepositoryName, Retirement] = Field({}, description="the second of the two steps that destroy one")
    sources: dict[Annotated[StrictStr, checked(repository_problems)], SourceEntry] = Field(
        {}, description="GitHub repositories that push, where a stack declares what is their own (`github`)"
    )
    access_tests: tuple[SharedAccessTest, ...] = Field((), description="tests of access of several repositories")
