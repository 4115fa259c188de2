"""An environment of a declared repository admits the catalog's branches and tags, and what runs in it pushes."""

from dataclasses import replace

from domain.github_patterns import name_matches
from domain.github_source import BRANCHES, TAGS, Environment
from localcloud.github_issuer import Job
from rehearsal.github_record import EnvironmentRecord
from rehearsal.proofs.harness.case import Broken, PublisherCase
from rehearsal.proofs.harness.workflows import example_ref, jobs

PROMISE = "jobs of the catalog's branches and tags enter the environment and assume the publisher's role; no others do"
_OTHER = "rehearsal-other"


def applies(case: PublisherCase) -> bool:
    return _declared(case) is not None


def _declared(case: PublisherCase) -> Environment | None:
    source = case.publisher.source
    found = (
        each
        for repository in case.settings.github
        if repository.full_name.casefold() == source.github.casefold()
        for each in repository.environments
    )
    wanted = (source.environment or "").casefold()
    return next((each for each in found if each.name.casefold() == wanted), None)


def prove_publisher(case: PublisherCase) -> str:
    declared, (job, *_) = _declared(case), jobs(case.publisher.source)
    assert declared is not None  # noqa: S101 - it applies
    record = case.github.environment(case.publisher.source.github, declared.name)
    if record is None:
        raise Broken(f"the environment {declared.name} is not declared: GitHub makes one that every branch enters")
    admitted = [example_ref(each) for each in declared.admits]
    for ref in admitted:
        _require_role(case, record, replace(job, ref=ref))
    refused = [ref for ref in _others(declared) if not _is_declared(declared, ref)]
    for ref in refused:
        if record.admits(ref):
            case.session(replace(job, ref=ref))
            raise Broken(
                f"a job of {ref} entered {declared.name} and got into the role, and the catalog does not name it"
            )
    return f"entered from {', '.join(admitted)}; refused: {', '.join(refused)}"


def _require_role(case: PublisherCase, record: EnvironmentRecord, job: Job) -> None:
    if not record.admits(job.ref):
        raise Broken(f"a job of {job.ref} does not enter the environment, and the catalog names it")
    variable = record.variables.get("PUSH_ROLE_ARN", case.role)
    if variable != case.role:
        raise Broken(f"the variable PUSH_ROLE_ARN is {variable}, and the role is {case.role}")
    case.session(job)


def _others(declared: Environment) -> list[str]:
    """Another name, one that only begins or ends alike, one below another, and the same name of the other kind."""
    refs = [f"{BRANCHES}{_OTHER}", f"{TAGS}{_OTHER}", f"{BRANCHES}{_OTHER}/1"]
    for each in map(example_ref, declared.admits):
        kind = BRANCHES if each.startswith(BRANCHES) else TAGS
        name = each.removeprefix(kind)
        refs += [f"{TAGS if kind == BRANCHES else BRANCHES}{name}"]
        refs += [f"{kind}{name}-{_OTHER}", f"{kind}{_OTHER}-{name}", f"{kind}{_OTHER}/{name}", f"{kind}{name}/{_OTHER}"]
    return list(dict.fromkeys(refs))


def _is_declared(declared: Environment, ref: str) -> bool:
    return any(
        ref.startswith(kind) and each.startswith(kind) and name_matches(each.removeprefix(kind), ref.removeprefix(kind))
        for each in declared.admits
        for kind in (BRANCHES, TAGS)
    )
