"""Pull grants for a repository, compiled to the smallest repository policy."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from domain.aws import ORGANIZATION_ID, Arn, RegistryId
from domain.document_text import to_json_text
from domain.iam.actions import PULL_ACTIONS
from domain.iam.document import CURRENT_VERSION, Document, InvalidDocument, parse, statement_path
from domain.iam.limits import POLICY_TEXT_MAX, ROLE_NAME_MAX, ROLE_PATH_MAX
from domain.iam.statement import Effect, Statement
from domain.problems import Path, Problem, unless

_ROLE_PART = re.compile(r"[\w+=,.@-]+", re.ASCII)


class PullService(Enum):
    """A service that pulls as its own principal, not with a role of the user's."""

    LAMBDA = "lambda"
    CODEBUILD = "codebuild"

    @property
    def principal(self) -> str:
        """The same in every partition, China's included."""
        return f"{self.value}.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGrant:
    """A whole account, whose own policies then decide, or one of its roles: its name, with its path if it has one."""

    account: str
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationGrant:
    organization: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGrant:
    """A service that pulls on behalf of the functions or projects of one account."""

    service: PullService
    account: str


Grant = AccountGrant | OrganizationGrant | ServiceGrant


def repository_policy(grants: Sequence[Grant], registry: RegistryId) -> dict[str, object] | None:
    """The policy that grants these and nothing else; None when there is nothing to grant."""
    organizations = sorted({each.organization for each in grants if isinstance(each, OrganizationGrant)})
    statements = [
        *_account_statement(grants, registry),
        *_organization_statement(organizations),
        *(each for service in PullService for each in _service_statement(service, grants, registry)),
    ]
    return {"Version": CURRENT_VERSION, "Statement": statements} if statements else None


def _account_statement(grants: Sequence[Grant], registry: RegistryId) -> list[dict[str, object]]:
    arns = {account_arn(each.account, each.role, registry) for each in grants if isinstance(each, AccountGrant)}
    # For a function of another account, Lambda asks for that account's own permission beside the service's.
    # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
    others = (each for each in _served(PullService.LAMBDA, grants) if each != registry.account)
    arns |= {account_arn(each, None, registry) for each in others}
    return [_pull("PullByAccounts", {"AWS": sorted(arns)})] if arns else []


def _organization_statement(organizations: list[str]) -> list[dict[str, object]]:
    if not organizations:
        return []
    condition = {"StringEquals": {"aws:PrincipalOrgID": organizations}}
    return [_pull("PullByOrganizations", "*", condition)]


def _service_statement(service: PullService, grants: Sequence[Grant], registry: RegistryId) -> list[dict[str, object]]:
    accounts = _served(service, grants)
    if not accounts:
        return []
    if service is PullService.LAMBDA:
        sid = "PullByLambda"
        condition = {"StringLike": {"aws:SourceArn": _sources(accounts, "function:*", service, registry)}}
    else:
        sid = "PullByCodeBuild"
        condition = {
            "ArnLike": {"aws:SourceArn": _sources(accounts, "project/*", service, registry)},
            "StringEquals": {"aws:SourceAccount": accounts},
        }
    return [_pull(sid, {"Service": [service.principal]}, condition)]


def _served(service: PullService, grants: Sequence[Grant]) -> list[str]:
    return sorted({each.account for each in grants if isinstance(each, ServiceGrant) and each.service is service})


def _sources(accounts: list[str], resource: str, service: PullService, registry: RegistryId) -> list[str]:
    return [str(Arn(registry.partition, service.value, registry.region, each, resource)) for each in accounts]


def account_arn(account: str, role: str | None, registry: RegistryId) -> str:
    """The principal's ARN for an account, or for one of its roles."""
    return str(Arn(registry.partition, "iam", "", account, f"role/{role}" if role else "root"))


def _pull(sid: str, principal: object, condition: object = None) -> dict[str, object]:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(PULL_ACTIONS)}
    return statement if condition is None else {**statement, "Condition": condition}


def repository_policy_problems(document: Mapping[str, object]) -> list[Problem]:
    try:
        parse(document)
    except InvalidDocument as invalid:
        return list(invalid.problems)
    return _length_problems(document)


def registry_policy_problems(document: object) -> list[Problem]:
    """What is wrong with a registry policy that was given as data."""
    if not isinstance(document, Mapping):
        return [Problem((), document, "is not a policy document", "write an object with Version and Statement")]
    try:
        parsed = parse(document)
    except InvalidDocument as invalid:
        return list(invalid.problems)
    return [*_length_problems(document), *_registry_statement_problems(document, parsed)]


def _length_problems(document: Mapping[str, object]) -> list[Problem]:
    length = len(to_json_text(document))
    message = f"the policy's text has {length:,} characters, and Amazon ECR allows {POLICY_TEXT_MAX:,}"
    fix = "name whole accounts or an organization in place of many roles"
    return unless(length <= POLICY_TEXT_MAX, length, message, fix)


def _registry_statement_problems(source: Mapping[str, object], document: Document) -> list[Problem]:
    paths = [statement_path(source, index) for index in range(len(document.statements))]
    return [
        problem
        for path, statement in zip(paths, document.statements, strict=True)
        for problem in (*_principal_problems(statement, path), *_action_problems(statement, path))
    ]


def _principal_problems(statement: Statement, path: Path) -> list[Problem]:
    if statement.effect is Effect.ALLOW and statement.not_principals is not None:
        message, fix = "allows every principal except these", "list the allowed principals in Principal"
        return [Problem((*path, "NotPrincipal"), [each.value for each in statement.not_principals], message, fix)]
    if statement.principals is None and statement.not_principals is None:
        return [Problem((*path, "Principal"), None, "is missing", "add a Principal")]
    return []


def _action_problems(statement: Statement, path: Path) -> list[Problem]:
    at = (*path, "Action" if statement.actions is not None else "NotAction")
    fix = "write an action that begins with 'ecr:'"
    return [
        Problem(at, each.written, "is not an action of Amazon ECR", fix)
        for each in statement.actions or statement.not_actions or ()
        if not each.folded.startswith("ecr:")
    ]


def role_name_problems(role: str) -> list[Problem]:
    """A role as a grant names it, such as `puller` or `teams/payments/puller`."""
    *folders, name = role.split("/")
    if not all(_ROLE_PART.fullmatch(part) for part in (*folders, name)):
        message = "is not a role name, or a path and a role name"
        return [Problem((), role, message, "write letters, digits and _+=,.@- only, with no slash at either end")]
    if len(name) > ROLE_NAME_MAX:
        return [Problem((), role, f"the role's name has {len(name)} characters", f"keep within {ROLE_NAME_MAX}")]
    path = "/".join(("", *folders, ""))
    if len(path) > ROLE_PATH_MAX:
        return [Problem((), role, f"the role's path has {len(path)} characters", f"keep within {ROLE_PATH_MAX}")]
    return []


def organization_problems(id: str) -> list[Problem]:
    fix = "write the id as in o-a1b2c3d4e5, not a name or an ARN"
    return unless(ORGANIZATION_ID.fullmatch(id), id, "is not an organization id", fix)
