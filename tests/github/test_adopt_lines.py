"""The lines of docs/github.md that print what exists, in the form of a stack's file."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest
import yaml

from settings.written.github_options import GitHubOptions
from tests.github.answers import to_ruleset
from tests.github.calls import TOKEN, call
from tests.github.cut_schema import Value
from tests.github.server import GitHub
from tests.github.state import Environment
from tests.stacks import ROOT

GH = f"""\
#!{sys.executable}
import subprocess, sys, urllib.request
_, api, path, jq, expression = sys.argv
assert (api, jq) == ("api", "--jq"), sys.argv
asked = urllib.request.Request("URL/" + path, headers={{"Authorization": "Bearer {TOKEN}"}})
sys.exit(subprocess.run(["jq", "--raw-output", expression], input=urllib.request.urlopen(asked).read()).returncode)
"""
"""As far as `gh api PATH --jq EXPRESSION` goes, which has a jq built in."""
BY_PATTERNS = {"protected_branches": False, "custom_branch_policies": True}


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh has jq built in; without a jq there is none in its place")
def test_what_exists_is_printed_as_it_is_written(github: GitHub, tmp_path: Path) -> None:
    repository = github.holdings.repository("acme", "payments-api")
    assert repository
    for name, policies in (
        ("stage/eu: 1", [("branch", "main"), ("tag", "v*")]),
        ("prod", [("branch", "release, {1}")]),
        ("closed", []),
    ):
        made = Environment(name, next(github.holdings.ids), {"deployment_branch_policy": BY_PATTERNS})
        for number, (kind, pattern) in enumerate(policies, next(github.holdings.ids) * 10):
            made.policies[number] = {"id": number, "node_id": f"DBP_{number}", "name": pattern, "type": kind}
        repository.environments[name] = made
    repository.environments["open"] = Environment("open", 5, {"deployment_branch_policy": None})
    body: Value = {"name": "main: protected", "enforcement": "active"}
    repository.rulesets[1201] = to_ruleset(repository, 1201, body)
    # One that requires a workflow is the organization's: nothing of a repository's can be made of it.
    workflows: Value = {
        "workflows": [{"path": ".github/workflows/publish.yml", "ref": "refs/heads/main", "repository_id": 7}]
    }
    body = {"name": "publishes", "enforcement": "active", "rules": [{"type": "workflows", "parameters": workflows}]}
    its_own = {"source": "acme", "source_type": "Organization"}
    repository.owner.rulesets[88] = {**to_ruleset(repository, 88, body), **its_own}

    printed = _run(github, tmp_path)
    written = yaml.safe_load(f"github:\n{indent('owner: acme', '    ')}\n{printed}")["github"]
    (entry,) = GitHubOptions.model_validate(written).adopt.values()
    assert list(written["adopt"]) == ["payments-api"]
    assert entry.ruleset == 1201
    assert "1201  # main: protected, branch, active" in printed
    assert entry.policies == {
        each.name: {f"refs/{'heads' if one['type'] == 'branch' else 'tags'}/{one['name']}": one["id"]
                    for one in each.policies.values()}
        for each in repository.environments.values() if each.has_policies
    }  # fmt: skip
    assert "88" not in printed
    assert [each["id"] for each in call(github, "GET", "/repos/acme/payments-api/rulesets").body] == [1201, 88]
    assert [each["id"] for each in call(github, "GET", "/orgs/acme/rulesets").body] == [88]
    assert github.violations == []


def _run(github: GitHub, folder: Path) -> str:
    found = re.search(r"in the form of the stack's file:\n\n   ```sh\n(.*?)   ```", _page(), re.DOTALL)
    assert found
    gh = folder / "gh"
    gh.write_text(GH.replace("URL", github.url), encoding="utf-8")
    gh.chmod(0o755)
    script = dedent(found[1]).replace("repo=acme/container-registry", "repo=acme/payments-api")
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _page() -> str:
    return (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
