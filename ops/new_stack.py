"""`python -m ops new-stack`: a new stack's files, its jobs in deploy.yml, and the commands that prepare its account."""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from domain.aws import RegistryId, account_problems, region_problems
from domain.wording import listed, nearest
from policies.pack import readme
from policies.pack.levels import ENFORCEMENT_LEVEL, FOLDER, InvalidLevels, levels_file, load_levels
from policies.pack.rule import Level
from render.output import refuse
from review.access import page
from settings import InvalidSettings, load
from settings.checks.other_stacks import registries_of
from settings.files.configuration import PROJECT_FILE, read_configuration, stack_file, stacks

DEPLOY = Path(".github", "workflows", "deploy.yml")
DESTROY = "destroy-"
"""What the name of the job that deletes begins with; a sandbox has none."""
BOOTSTRAP = Path("docs", "bootstrap.md")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_JOB = re.compile(r"^  (?P<name>[a-z][a-z0-9-]*):\n(?:^(?:    .*)?\n)*", re.MULTILINE)
_REMOTE = re.compile(r".*github\.com[:/]([^/]+/[^/]+?)(?:\.git)?/?")
_NAMED = ("accounts", "organizations")
"""The stack's keys whose names the catalog uses: each stack maps all of them."""


class CannotCreate(Exception):
    """What is wrong with the request; nothing was written."""


def run(options: argparse.Namespace) -> int:
    """0 when the new stack's settings have no faults, 1 when they still have, 2 when nothing was written."""
    root, stack = options.project, options.stack
    try:
        known = _checked(options)
        after = options.after or known[-1]
        written = {
            stack_file(stack): _stack_text(root, options, after),
            f"{FOLDER.name}/{stack}.json": _levels(root, known),
            str(DEPLOY): _with_job((root / DEPLOY).read_text(encoding="utf-8"), stack, after),
        }
    except (CannotCreate, InvalidLevels, InvalidSettings, OSError) as fault:
        return refuse(fault)
    for name, text in written.items():
        (root / name).write_text(text, encoding="utf-8")
    print(f"written: {listed(written)}. Read them, then commit them together.", file=sys.stderr)
    try:
        load(root, stack)
    except InvalidSettings as invalid:
        print(f"{invalid}\nMend these, then run: make policy-readme access-page gate STACK={stack}", file=sys.stderr)
        return 1
    readme.main([], root / FOLDER.name)
    page.main([], root)
    print(f"written anew: {FOLDER.name}/{readme.NAME} and {page.PAGE}. Next: make gate STACK={stack}", file=sys.stderr)
    print("\n".join(_bootstrap(root, options)))
    return 0


def _checked(options: argparse.Namespace) -> list[str]:
    """The stacks that there are; raises CannotCreate with all that is wrong with what was given."""
    known = stacks(options.project)
    if not known:
        raise CannotCreate(f"{options.project} has no Pulumi.STACK.yaml beside {PROJECT_FILE} (see --project)")
    found = []
    if not _NAME.fullmatch(options.stack):
        found.append(f"STACK: {options.stack!r} is not a valid name (begin with a letter; lower case, digits, hyphens)")
    if options.stack in known:
        found.append(f"STACK: {stack_file(options.stack)} exists already (choose another name, or edit that file)")
    for what, problems in (("ACCOUNT", account_problems(options.account)), ("REGION", region_problems(options.region))):
        found += [f"{what}: {each.value!r} {each.message} ({each.fix})" for each in problems]
    for stack in known:
        if (options.account, options.region) in dict(registries_of(read_configuration(options.project, stack))):
            wanted = RegistryId(account=options.account, region=options.region)
            found.append(f"REGION: {wanted} is a registry of stack {stack} (two stacks can't share one)")
    if options.after and options.after not in known:
        found.append(f"AFTER: {options.after!r} is not a stack of this project ({nearest(options.after, known)})")
    if found:
        raise CannotCreate("\n".join(found))
    return known


def _stack_text(root: Path, options: argparse.Namespace, after: str) -> str:
    """The least that a stack says: where it is, and the ids behind the names that the catalog uses."""
    configuration = read_configuration(root, after)
    own, prefix = configuration.own(), configuration.project
    named: Mapping[str, Any] = {key: own[key] for key in _NAMED if own.get(key)}
    lines = [
        f"# {options.stack}: the ids are {after}'s until you replace them. docs/stack.md has the other keys.",
        "config:",
        f"  aws:region: {options.region}",
        f'  aws:allowedAccountIds: ["{options.account}"]',
        f"  {prefix}:environment: {options.stack}",
    ]
    for key, value in named.items():
        lines.append(f"  {prefix}:{key}:")
        lines += [f"    {line}" for line in yaml.safe_dump(value, sort_keys=False).splitlines()]
    lines += [
        "  # Who is notified of events and alarms: {email: platform@acme.example}; a sandbox has {enabled: false}.",
        f"  {prefix}:monitoring:",
        "    subscribers: []",
    ]
    return "\n".join(lines) + "\n"


def _levels(root: Path, known: list[str]) -> str:
    """The strictest file of levels that there is, without exceptions, which are for a stack's own resources."""
    files = [levels_file(root, stack) for stack in known]
    mandatory = {file: sum(each.level is Level.MANDATORY for each in load_levels(file).values()) for file in files}
    levels = json.loads(max(files, key=mandatory.__getitem__).read_text(encoding="utf-8"))
    for rule, each in levels.items():
        if isinstance(each, dict):
            each.pop("exceptions", None)
            levels[rule] = each if len(each) > 1 else each[ENFORCEMENT_LEVEL]
    return f"{json.dumps(levels, indent=2, ensure_ascii=False)}\n"


def _with_job(workflow: str, stack: str, after: str) -> str:
    """deploy.yml with the jobs of the stack before it once more, for which the next one waits from now on."""
    found = {each["name"]: each for each in _JOB.finditer(workflow, workflow.find("\njobs:\n"))}
    if after not in found:
        fix = f"write a job {after!r} first, or name another stack with AFTER"
        raise CannotCreate(f"{DEPLOY}: has no job {after!r} to copy ({fix})")
    needs = f"    needs: {after}\n"
    start, end = found[after].start(), found.get(f"{DESTROY}{after}", found[after]).end()
    job = re.sub(rf"\b{re.escape(after)}\b", stack, workflow[start:end].strip("\n"))
    job = re.sub(r"^    (?:needs|if): .*\n", needs, job, count=1, flags=re.MULTILINE)
    # The tokens are for the clusters of the stack before.
    job = re.sub(r"^ *KUBE_TOKEN_.*\n", "", job, flags=re.MULTILINE)
    head, tail = workflow[:end], workflow[end:]
    parts = [head.strip("\n"), job, tail.strip("\n").replace(needs, f"    needs: {stack}\n", 1)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _bootstrap(root: Path, options: argparse.Namespace) -> Iterator[str]:
    """The commands of docs/bootstrap.md, up to the first deployment, for this stack."""
    text = (root / BOOTSTRAP).read_text(encoding="utf-8").partition("\n## 5. ")[0]
    _, *blocks = _BLOCK.findall(text)
    yield f"# What prepares the account and the GitHub repository; {BOOTSTRAP} says what each step does."
    sandbox = f"  {DESTROY}{options.stack}:\n" not in (root / DEPLOY).read_text(encoding="utf-8")
    yield f"stack={options.stack} account={options.account} region={options.region} sandbox={str(sandbox).lower()}"
    yield f"repo={_repository(root)}"
    for block in blocks:
        yield ""
        yield block.rstrip()


def _repository(root: Path) -> str:
    """OWNER/NAME at GitHub, where the clone has it."""
    ran = subprocess.run(  # noqa: S603
        ["git", "-C", str(root), "remote", "get-url", "origin"],  # noqa: S607  the user's own git
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = _REMOTE.fullmatch(ran.stdout.strip())
    return found[1] if found else "OWNER/NAME"
