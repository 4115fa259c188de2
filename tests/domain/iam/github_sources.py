"""Workflows of GitHub's that the tests let into a role."""

from dataclasses import replace

from domain.iam.github import ISSUER
from domain.iam.github_trust import GitHubSource
from domain.iam.oidc import provider_arn

HOME = "111122223333"
PROVIDER = provider_arn(ISSUER, HOME, "us-east-1")
ROLE = f"arn:aws:iam::{HOME}:role/container-registry/dev/publisher"
MAIN, RELEASES = "refs/heads/main", "refs/tags/v*"
WORKFLOW = "acme/workflows/.github/workflows/publish.yml@refs/heads/main"
API = GitHubSource(github="acme/payments-api", refs=(MAIN,))
KNOWN = replace(API, owner_id="1024", repository_id="65536", immutable=True)
