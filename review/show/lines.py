"""Lines to copy: a GitHub workflow that pushes, and what a person types to log in, push and pull."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from domain.ecr.lifecycle import PolicyRule
from domain.ecr.tags import WILDCARD
from domain.iam.github_trust import GitHubSource
from settings import StackRegistry

_OWN_WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "deploy.yml"
"""Its actions are pinned: a workflow that is shown has the same, and without it their latest known versions."""
_CHECKOUT, _CREDENTIALS = "actions/checkout@v7", "aws-actions/configure-aws-credentials@v6"
_WORKFLOW = """\
{trigger}
permissions: {{}}
jobs:
  push:
    runs-on: ubuntu-24.04
{environment}    permissions:
      contents: read
      id-token: write # AWS gives a session of the role for it
    env:
      REGISTRY: {host}
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - uses: {credentials}
        with:
          role-to-assume: {role}
          aws-region: {region}
      - run: |
          aws ecr get-login-password |
            docker login --username AWS --password-stdin "$REGISTRY"
      - run: |
          docker build --tag "$REGISTRY/{repository}:{tag}" .
          docker push "$REGISTRY/{repository}:{tag}"
"""
PUSH_LINES = """\
    push:
      - github: OWNER/NAME
        owner_id: OWNER_ID # gh api repos/OWNER/NAME --jq .owner.id
        repository_id: REPOSITORY_ID # gh api repos/OWNER/NAME --jq .id
        refs: [refs/heads/main]"""
"""What an entry of the catalog lacks whose repository no workflow pushes to."""


def workflow_lines(
    source: GitHubSource, role: str, home: StackRegistry, repository: str, rules: Sequence[PolicyRule]
) -> str:
    """A workflow of the source's, whole."""
    only_tags = bool(source.refs) and all(each.startswith("refs/tags/") for each in source.refs)
    return _WORKFLOW.format(
        trigger=_trigger(source),
        environment=f"    environment: {json.dumps(source.environment)}\n" if source.environment is not None else "",
        host=home.host,
        repository=repository,
        tag="$GITHUB_REF_NAME" if only_tags else example_tag(rules, "$GITHUB_SHA"),
        checkout=_pinned(_CHECKOUT),
        credentials=_pinned(_CREDENTIALS),
        role=role,
        region=home.region,
    )


def docker_lines(home: StackRegistry, repository: str, tag: str) -> dict[str, str]:
    image = f"{home.host}/{repository}:{tag}"
    password = f"aws ecr get-login-password --region {home.region}"
    login = f"{password} |\n  docker login --username AWS --password-stdin {home.host}"
    return {"login": login, "push": f"docker push {image}", "pull": f"docker pull {image}"}


def example_tag(rules: Sequence[PolicyRule], distinct: str) -> str:
    """A tag that the first rule keeps which counts tagged images, with the text where its pattern leaves it open."""
    patterns = (each.rule.patterns[0] for each in rules if each.counts and len(each.rule.patterns) == 1)
    pattern = next((each for each in patterns if WILDCARD in each), WILDCARD)
    return pattern.replace(WILDCARD, distinct, 1).replace(WILDCARD, "1")


def _trigger(source: GitHubSource) -> str:
    if source.workflow is not None:
        return f"# {source.workflow.partition('@')[0]}; its caller gives id-token: write\non: workflow_call"
    if source.environment is not None:
        return "on: workflow_dispatch"
    lines = ["on:", "  push:"]
    for key, kind in (("branches", "refs/heads/"), ("tags", "refs/tags/")):
        names = [json.dumps(each.removeprefix(kind)) for each in source.refs if each.startswith(kind)]
        lines += [f"    {key}: [{', '.join(names)}]"] if names else []
    return "\n".join(lines)


def _pinned(action: str) -> str:
    text = _OWN_WORKFLOW.read_text(encoding="utf-8") if _OWN_WORKFLOW.is_file() else ""
    found = re.search(rf"uses: ({action.partition('@')[0]}@.+)", text)
    return found[1] if found else action
