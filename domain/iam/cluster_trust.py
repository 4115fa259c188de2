"""The service accounts of a Kubernetes cluster that can assume a role, by its own OIDC issuer (IRSA's form).

https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"""

from collections.abc import Sequence

from domain.document_text import to_json_text
from domain.iam.document import CURRENT_VERSION
from domain.iam.limits import TRUST_TEXT_MAX
from domain.iam.oidc import AUDIENCE, issuer_name
from domain.iam.roles import Document
from domain.problems import Problem, unless

_SUBJECT = "system:serviceaccount:"


def service_account_subject(namespace: str, name: str) -> str:
    """What the `sub` of the service account's tokens is."""
    return f"{_SUBJECT}{namespace}:{name}"


def service_account_of(subject: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that a subject, or a pattern of subjects, is of."""
    namespace, colon, name = subject.removeprefix(_SUBJECT).partition(":")
    return (namespace, name) if subject.startswith(_SUBJECT) and colon else None


def cluster_trust_policy(issuer: str, subjects: Sequence[str], *, provider: str) -> Document:
    """For the tokens with these subjects that the issuer made for AWS; `provider` is the ARN of its provider in IAM."""
    name = issuer_name(issuer)
    statement: dict[str, object] = {
        "Sid": "ServiceAccounts",
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{name}:aud": AUDIENCE, f"{name}:sub": sorted(set(subjects))}},
    }
    return {"Version": CURRENT_VERSION, "Statement": [statement]}


def cluster_trust_problems(issuer: str, subjects: Sequence[str], *, provider: str) -> list[Problem]:
    """That the trust policy is too long for a role."""
    length = len(to_json_text(cluster_trust_policy(issuer, subjects, provider=provider)))
    message = f"makes the role's trust policy {length:,} characters long, and IAM allows {TRUST_TEXT_MAX:,}"
    return unless(length <= TRUST_TEXT_MAX, subjects, message, "name fewer service accounts")
