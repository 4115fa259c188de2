"""Issuers of OpenID Connect tokens, as IAM knows them: GitHub's, and those of Kubernetes clusters."""

import re

from domain.aws import REGIONS, Arn
from domain.iam.limits import ISSUER_URL_MAX
from domain.problems import Problem, unless

AUDIENCE = "sts.amazonaws.com"
SCHEME = "https://"
_HOST_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PATH_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+"
_URL = re.compile(rf"https://(?P<host>{_HOST_PART}(?:\.{_HOST_PART})+)(?:/{_PATH_PART})*")
"""Per the OIDC standard, path components are allowed but query parameters are not. The URL should not contain a port
number. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html"""
_INTERNAL = re.compile(r"(?:.+\.)?(?:svc|local|localhost|internal)|[0-9.]+")


def issuer_name(url: str) -> str:
    """The issuer without its scheme, as in the ARN of its provider and before the colon of its condition keys."""
    return url.removeprefix(SCHEME)


def provider_arn(issuer: str, account: str, region: str) -> str:
    """The ARN of the issuer's identity provider, which an account has once and the bootstrap creates."""
    return str(Arn(REGIONS[region].id, "iam", "", account, f"oidc-provider/{issuer_name(issuer)}"))


def issuer_problems(url: str) -> list[Problem]:
    """Of the URL of a cluster's issuer: the `iss` of its tokens, letter by letter."""
    found = _URL.fullmatch(url)
    if found is None:
        fix = "write it as in https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE, with no "
        meant = f"{SCHEME}{url.removeprefix(SCHEME).rstrip('/')}"
        instead = meant if _URL.fullmatch(meant) and not _INTERNAL.fullmatch(meant) else None
        parts = "port, query, wildcard or / at its end"
        return [Problem((), url, "is not the https URL of an OIDC issuer", fix + parts, instead=instead)]
    if _INTERNAL.fullmatch(found["host"]):
        fix = "start the API server with a --service-account-issuer whose keys are published on the internet"
        return [Problem((), url, "is no issuer whose keys AWS can fetch", fix)]
    message = f"has {len(url)} characters, and IAM allows {ISSUER_URL_MAX}"
    return unless(len(url) <= ISSUER_URL_MAX, url, message, "give the issuer a shorter path")
