"""The sessions with which a principal that a test of access names comes to the registries."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from domain.aws import Arn
from domain.document_text import to_json_text
from domain.iam.cluster_trust import service_account_of
from domain.iam.concrete_principal import ConcretePrincipal
from domain.iam.github import ISSUER
from domain.iam.oidc import SCHEME
from domain.iam.roles import Role
from localcloud.clients import AwsCredentials
from localcloud.github_issuer import Job
from rehearsal.proofs.harness.case import Broken, RegistryCase
from rehearsal.proofs.harness.namespaces import namespace_session, pulling_namespaces, trusted_tokens
from rehearsal.proofs.harness.workflows import OWNER_ID, REPOSITORY_ID, jobs

_ANY_ROLE = "rehearsal-tested"


def sessions(case: RegistryCase, principal: ConcretePrincipal) -> Iterator[AwsCredentials]:
    """One, but for a token, which has one of each role that trusts it, or none."""
    if principal.provider:
        yield from _by_token(case, principal)
    elif principal.role:
        yield _of_role(case, principal.role)
    else:
        account = principal.account or case.other_account
        any_role = Arn(case.registry.id.partition, "iam", "", account, f"role/{_ANY_ROLE}")
        arn = (Arn.parse(principal.arn) if principal.arn else None) or any_role
        if principal.organization:
            case.principals.cloud.join(arn.account, principal.organization)
        yield _from_outside(case, arn)


def _from_outside(case: RegistryCase, arn: Arn) -> AwsCredentials:
    """Of another account, which allows it all; in the registry's own account the registry alone decides."""
    if arn.account == case.registry.account and arn.resource.startswith("role/"):
        return case.principals.role(arn.account, arn.resource.removeprefix("role/"), case.registry.region)
    return case.principals.principal(arn, case.registry.region)


def _by_token(case: RegistryCase, principal: ConcretePrincipal) -> Iterator[AwsCredentials]:
    token = _token(case, principal)
    for role in case.settings.roles:
        if principal.provider in to_json_text(role.trust):
            try:
                yield case.principals.by_token(case.role_arn(role.name), token, case.registry.region)
            except ClientError as refused:
                if refused.response["Error"]["Code"] != "AccessDenied":
                    raise


def _token(case: RegistryCase, principal: ConcretePrincipal) -> str:
    claims = principal.claims
    if principal.issuer == ISSUER:
        return case.principals.cloud.github_token(_job(claims))
    namespace, name = service_account_of(claims["sub"]) or ("", "")
    return case.principals.issuer(f"{SCHEME}{principal.issuer}").token(
        namespace, name, audience=claims["aud"], at=datetime.now(UTC)
    )


def _job(claims: Mapping[str, str]) -> Job:
    owner, _, repository = claims["repository"].partition("/")
    return Job(
        owner=owner,
        owner_id=claims.get("repository_owner_id", OWNER_ID),
        repository=repository,
        repository_id=claims.get("repository_id", REPOSITORY_ID),
        ref=claims.get("ref", "refs/heads/main"),
        environment=claims.get("environment"),
        pull_request=claims["sub"].endswith(":pull_request"),
        ids_in_subject="@" in claims["sub"].partition(":")[2].partition("/")[0],
        job_workflow_ref=claims.get("job_workflow_ref"),
    )


def _of_role(case: RegistryCase, arn: str) -> AwsCredentials:
    """Of a role of the stack, by a principal that it is declared for."""
    role = next(each for each in case.settings.roles if case.role_arn(each.name) == arn)
    for publisher in case.settings.publishers:
        if publisher.name == role.name:
            token = case.principals.cloud.github_token(jobs(publisher.source)[0])
            return case.principals.by_token(arn, token, case.registry.region)
    for pulling in pulling_namespaces(case.settings):
        if pulling.role == role.name:
            return namespace_session(case, pulling, trusted_tokens(pulling)[0])
    return _of_declared(case, role)


def _of_declared(case: RegistryCase, role: Role) -> AwsCredentials:
    """Of a role that a service assumes, or the auditors."""
    trust: Any = role.trust
    ((kind, names),) = trust["Statement"][0]["Principal"].items()
    home, arn = case.settings.home, case.role_arn(role.name)
    if kind == "AWS" and (auditor := Arn.parse(names[0])):
        return case.principals.assume(arn, _from_outside(case, auditor), case.registry.region)
    source = Arn(home.id.partition, names.partition(".")[0], home.region, home.account, "cluster/rehearsal")
    session = case.principals.service(names, arn, source)
    if session is None:
        raise Broken(f"{names} does not get the role {role.name}")
    return session
