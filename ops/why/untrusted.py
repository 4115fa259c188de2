"""Why a role does not trust a token: what of the workflow, or of the service account, is not declared."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from domain.aws import Arn
from domain.iam.cluster_trust import service_account_of
from domain.iam.github import Subject
from domain.iam.github_trust import BY_NAME, IMMUTABLE
from domain.iam.oidc import issuer_name
from domain.wording import listed, nearest
from ops.why.finding import Obstacle, SettingsChange, obstacle, undeployed
from ops.why.refused_call import RefusedCall
from ops.why.written_pushes import CatalogPush, written_pushes
from review.access.matrix import Access
from settings.written.catalog import Push

_IN_JOB = "in the job that pushes"


def untrusted(call: RefusedCall) -> Obstacle:
    """Of a token that got no session."""
    if finding := _by_role(call):
        return finding
    if not call.claims:
        stack, fix = call.settings.stack, "give the claims of the job's token: --claims claims.json"
        for each in written_pushes(call):
            if each.is_in(stack) and each.source.role_name(stack) == _name(call.signal.role):
                trusted = f"it trusts {listed(each.source.subjects())}"
                return obstacle("claims-needed", trusted, fix, call.in_catalog(*each.path))
        return obstacle("claims-needed", "nothing says of which workflow the token is", fix)
    if call.is_cluster_token:
        return _service_account(call)
    return _workflow(call)


def _name(role: str | None) -> str:
    return (role or "").rpartition("/")[2]


def _by_role(call: RefusedCall) -> Obstacle | None:
    """What is wrong with the role that was asked for, by any caller."""
    asked, home = Arn.parse(call.signal.role or ""), call.settings.home
    if asked is None or str(asked) in call.questions.role_arns:
        return None
    because = f"{asked} was asked for, and the stack's own account is {home.account}"
    for other in call.other_stacks:
        if (
            asked.resource.startswith(f"role/{call.settings.project}/{other}/")
            or call.account_of(other) == asked.account
        ):
            return obstacle(
                "role-of-other-stack", because, f"name a role of the stack {call.settings.stack} in the workflow"
            )
    names = {_name(each) for each in call.questions.role_arns}
    fix = f"name a role of the stack ({nearest(_name(str(asked)), names)}); `python -m review show` prints each team's"
    return obstacle("role-not-declared", because, fix)


def _service_account(call: RefusedCall) -> Obstacle:
    subject, issuer = call.claims["sub"], issuer_name(call.claims["iss"])
    numbers = {issuer_name(each.issuer or ""): number for number, each in enumerate(call.settings.clusters)}
    if issuer not in numbers:
        fix = "declare the cluster, or its issuer as the tokens have it, in the stack's clusters"
        return obstacle(
            "no-identity-provider", f"no cluster of the stack has the issuer {issuer}", fix, call.in_stack("clusters")
        )
    number = numbers[issuer]
    cluster = call.settings.clusters[number]
    namespace, _ = service_account_of(subject) or ("", "")
    index = next((i for i, each in enumerate(cluster.namespaces) if each.name == namespace), None)
    here = call.in_stack("clusters", number, *(() if index is None else ("namespaces", index)))
    if index is None:
        because = f"{subject}: cluster {cluster.name} declares no namespace {namespace}"
        return obstacle(
            "claim-service-account", because, "declare the namespace, with a mode, in the cluster's namespaces", here
        )
    trusted = cluster.namespaces[index].trusted
    because = f"{subject}; trusted of the namespace are {listed(trusted) or 'none'}"
    fix = (
        f"use the service account {listed(trusted)}"
        if trusted
        else "the namespace's mode has no role: see docs/clusters.md"
    )
    return obstacle("claim-service-account", because, fix, here)


def with_repository(call: RefusedCall) -> RefusedCall:
    """About the repository that the role that was asked for, or the workflow's other roles, push."""
    if call.repository or not call.token or call.is_cluster_token:
        return call
    github = _github(call).casefold()
    of_role = [each.repositories for each in call.settings.publishers if each.name == _name(call.signal.role)]
    of_source = [[each.repository] for each in written_pushes(call) if each.push.github.casefold() == github]
    names = next(iter([*of_source, *of_role]), [None])
    return replace(call, named=names[0])


def _github(call: RefusedCall) -> str:
    """OWNER/NAME of the token."""
    subject = Subject.parse(call.claims["sub"])
    return f"{subject.owner}/{subject.repository}" if subject else call.claims.get("repository", "")


def _workflow(call: RefusedCall) -> Obstacle:
    subject, github = Subject.parse(call.claims["sub"]), _github(call)
    if subject is None:
        fix = "let GitHub make the repository's subjects by its default: docs/github.md"
        return obstacle(
            "claim-subject-form", f"{call.claims['sub']} is not a subject that GitHub makes by default", fix
        )
    if subject.pull_request:
        fix = f"push from a branch or an environment that is declared, and not {_IN_JOB} of pull requests"
        return obstacle("claim-pull-request", call.claims["sub"], fix)
    if call.target is None or call.repository is None:
        return obstacle(
            "claim-repository", f"{github} pushes to no repository of the stack", "say which one: --repository NAME"
        )
    if finding := _elsewhere(call):
        return finding
    every = [each for each in written_pushes(call) if each.push.github.casefold() == github.casefold()]
    mine = [each for each in every if each.repository == call.repository]
    if not mine:
        because = f"{github} is not among the workflows that push {call.repository}"
        return _declared(call, "claim-repository", because, subject, every)
    return _other_identity(call, subject, mine[0], every) or _other_context(call, subject, mine, every)


def _elsewhere(call: RefusedCall) -> Obstacle | None:
    """Where the workflow is declared, or can't be."""
    token, target = call.token, call.target
    assert token is not None  # noqa: S101  it came with claims
    assert target is not None  # noqa: S101  the caller has asked
    answer = call.questions.ask(token, Access.PUSH, target)
    if answer.permission and call.signal.role not in (None, answer.role):
        because = f"{token.label} is to assume {answer.role}"
        return obstacle("wrong-role", because, f"write role-to-assume: {answer.role}")
    if answer.permission:
        return undeployed(call, str(answer))
    if call.entry and call.entry.retire:
        because = f"until {call.entry.retire.until}: {call.entry.retire.reason}"
        return obstacle(
            "repository-retires", because, "push elsewhere", call.in_catalog("repositories", call.entry.name, "retire")
        )
    return None


def _other_identity(
    call: RefusedCall, subject: Subject, first: CatalogPush, every: list[CatalogPush]
) -> Obstacle | None:
    """What the token says of its repository, where the catalog says it otherwise."""
    here, written, github = call.in_catalog(*first.path), first.push, _github(call)
    if written.github != github:
        because = f"GitHub says {github}, and the catalog {written.github}; AWS compares them letter by letter"
        return obstacle("claim-case", because, f"write {github} in each entry of it", here)
    ids = (
        ("owner_id", written.owner_id, subject.owner_id or call.claims.get("repository_owner_id")),
        ("repository_id", written.repository_id, subject.repository_id or call.claims.get("repository_id")),
    )
    for name, wanted, actual in ids:
        if wanted and actual and wanted != actual:
            because = f"{name} is {actual}, and {wanted} is declared: it is not the same {name.removesuffix('_id')}"
            fix = "look whether it was made anew, or is another's: python -m ops github-subjects"
            return obstacle("claim-ids", because, fix, here)
    if first.source.immutable == (subject.owner_id is not None):
        return None
    form, given = (IMMUTABLE, subject.owner_id) if subject.owner_id else (BY_NAME, True)
    because = f"{call.claims['sub']}, and {first.source.form} is declared"
    if not given or None in (written.owner_id, written.repository_id):
        fix = (
            f"add `owner_id: {subject.owner_id}` and `repository_id: {subject.repository_id}` to each entry of {github}"
        )
        return obstacle("claim-subject-form", because, fix, here)
    changes = (
        SettingsChange(file=call.catalog_file, path=(*each.path, "subject"), value=form, replaces=True)
        for each in every
    )
    return obstacle("claim-subject-form", because, f"say that the subject is `{form}`", here, *changes, grants=False)


def _other_context(call: RefusedCall, subject: Subject, mine: list[CatalogPush], every: list[CatalogPush]) -> Obstacle:
    """Where the workflow runs: the workflow file, the stack, the environment, the branch or tag."""
    stack, text = call.settings.stack, str(subject)
    here = [each for each in mine if each.is_in(stack)]
    for each in here:
        if each.trusts(text):
            because = f"{call.claims.get('job_workflow_ref')}, and {each.push.job_workflow_ref} is declared"
            return obstacle(
                "claim-workflow",
                because,
                "push from the reusable workflow that is declared",
                call.in_catalog(*each.path),
            )
    if others := [each for each in mine if each.trusts(text)]:
        because = f"it is declared for {listed(others[0].push.stacks or ())}, and the call was in {stack}"
        return _declared(call, "claim-stack", because, subject, every)
    if here and subject.environment is None and all(each.push.environment for each in here):
        names = listed(f"`{each.push.environment}`" for each in here)
        fix = f"write `environment: {here[0].push.environment}` {_IN_JOB}"
        return obstacle("claim-environment-missing", f"declared is {names}", fix, call.in_catalog(*here[0].path))
    declared = listed(ref for each in here for ref in each.source.subjects()) or "none in this stack"
    cause = "claim-environment" if subject.environment else "claim-ref"
    return _declared(call, cause, f"{subject}; declared: {declared}", subject, every)


def _declared(call: RefusedCall, cause: str, because: str, subject: Subject, every: list[CatalogPush]) -> Obstacle:
    """With the push that is added: of this ref or environment alone, and in this stack alone."""
    stack, name = call.settings.stack, str(call.repository)
    what = f"environment {subject.environment}" if subject.environment else str(subject.ref)
    # A role more takes away the variable of the workflow's role, where the stack declares it: there the role gets
    # a ref more, and the variable its new name.
    at_github = {each.full_name.casefold() for each in call.settings.github}
    for each in every:
        alone = each.push.stacks == (stack,) or not call.other_stacks
        fits = each.repository == name and alone and each.push.refs and not each.push.job_workflow_ref
        if subject.ref and fits and each.push.github.casefold() in at_github:
            change = SettingsChange(file=call.catalog_file, path=(*each.path, "refs"), value=subject.ref)
            return obstacle(
                cause,
                because,
                f"add {what}; the role's name changes with its refs",
                call.in_catalog(*each.path),
                change,
            )
    change = SettingsChange(
        file=call.catalog_file, path=("repositories", name, "push"), value=dict(_push(call, subject, every))
    )
    here = call.in_catalog("repositories", name, "push")
    return obstacle(cause, because, f"declare a push from {what}, with a role of its own", here, change)


def _push(call: RefusedCall, subject: Subject, every: list[CatalogPush]) -> Iterator[tuple[str, object]]:
    yield "github", _github(call)
    yield from _identity(call.claims, subject, every[0].push if every else None).items()
    if subject.environment:
        yield "environment", subject.environment
    else:
        yield "refs", [subject.ref]
    if call.other_stacks:
        yield "stacks", [call.settings.stack]


def _identity(claims: Mapping[str, str], subject: Subject, like: Push | None) -> dict[str, object]:
    """Ids and form: as the repository's other entries have them, else as the token has them."""
    if like is not None:
        kept = {"owner_id": like.owner_id, "repository_id": like.repository_id, "subject": like.subject}
        return {name: int(each) if each.isdigit() else each for name, each in kept.items() if each is not None}
    ids = {
        "owner_id": subject.owner_id or claims.get("repository_owner_id"),
        "repository_id": subject.repository_id or claims.get("repository_id"),
    }
    if None in ids.values():
        return {}
    form = {} if subject.owner_id else {"subject": BY_NAME}
    return {**{name: int(str(each)) for name, each in ids.items()}, **form}
