"""An environment of a declared repository admits the catalog's branches and tags, and what runs in it pushes."""

from dataclasses import replace

from domain.github_patterns import name_matches
from domain.github_source import BRANCHES, TAGS, Environment
from localcloud.github_issuer import Job
from rehearsal.github_record import EnvironmentRecord
from rehearsal.proofs.harness.case import Broken, PublisherCase
from rehearsal.proofs.harness.workflows import example_ref, jobs

PROMISE = "the environment admits the catalog's branches and tags alone, and names the role to its jobs"
_OTHER = "rehearsal-other"
_ROLE_VARIABLE = "PUSH_ROLE_ARN"


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
    _require_variables(case, declared, record)
    admitted = [example_ref(each) for each in declared.admits]
    for ref in admitted:
        _require_role(case, record, replace(job, ref=ref))
    refused = others(declared)
    for ref in refused:
        if record.admits(ref):
            case.session(replace(job, ref=ref))
            raise Broken(
                f"a job of {ref} entered {declared.name} and got into the role, and the catalog does not name it"
            )
    return f"entered from {', '.join(admitted)}; {len(refused)} others refused"


def _require_role(case: PublisherCase, record: EnvironmentRecord, job: Job) -> None:
    if not record.admits(job.ref):
        raise Broken(f"a job of {job.ref} does not enter the environment, and the catalog names it")
    case.session(job)


def _require_variables(case: PublisherCase, declared: Environment, record: EnvironmentRecord) -> None:
    wanted = {each.name: each.value for each in declared.variables}
    for name in sorted({*wanted, *record.variables}):
        if (there := record.variables.get(name)) != wanted.get(name):
            raise Broken(f"declared the variable {name} as {wanted.get(name)}, and it is {there}")
    if (role := wanted.get(_ROLE_VARIABLE, case.role)) != case.role:
        raise Broken(f"the variable {_ROLE_VARIABLE} is {role}, and the role is {case.role}")


def others(declared: Environment) -> list[str]:
    """Another name, one that only begins or ends alike, one below another, and the same name of the other kind."""
    refs = [f"{BRANCHES}{_OTHER}", f"{TAGS}{_OTHER}", f"{BRANCHES}{_OTHER}/1"]
    for each in map(example_ref, declared.admits):
        kind = BRANCHES if each.startswith(BRANCHES) else TAGS
        name = each.removeprefix(kind)
        refs += [f"{TAGS if kind == BRANCHES else BRANCHES}{name}"]
        refs += [f"{kind}{name}-{_OTHER}", f"{kind}{_OTHER}-{name}", f"{kind}{_OTHER}/{name}", f"{kind}{name}/{_OTHER}"]
    return [each for each in dict.fromkeys(refs) if not _is_declared(declared, each)]


def _is_declared(declared: Environment, ref: str) -> bool:
    return any(
        ref.startswith(kind) and each.startswith(kind) and name_matches(each.removeprefix(kind), ref.removeprefix(kind))
        for each in declared.admits
        for kind in (BRANCHES, TAGS)
    )
