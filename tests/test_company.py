"""A company makes a copy of the live project its own by README's steps, and runs every entry point by the copy's code.

The live project may be a company's already: nothing here knows what its files name.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.template import FILE, for_stack
from domain.aws import ORGANIZATION_ID, REGIONS
from settings import load
from settings.files.configuration import stack_file, stacks
from tests.stacks import ROOT

KEPT = min(2, len(yaml.safe_load((ROOT / "catalog.yaml").read_text(encoding="utf-8"))["repositories"]))
"""Of the live project's repositories, which may have but one."""
ADOPTED = "legacy/orders"
KEEP_TEN = {
    "rulePriority": 1,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
    "action": {"type": "expire"},
}
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_REGION = re.compile("|".join(sorted(REGIONS, key=len, reverse=True)))
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "tests", "benchmarks")
README, STACK_PAGE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/stack.md"))


def examples(text: str) -> list[str]:
    """The YAML of a page, or of a part of one."""
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


ENTRY, PRESET = examples(README.partition("\n## Add a repository\n")[2])[:2]
THIRD_STACK = examples(STACK_PAGE)[0]
((ADDED, _),) = yaml.safe_load(ENTRY)["repositories"].items()
(THIRD,) = re.findall(r"make new-stack STACK=([a-z]+) ", README)


class Renaming:
    """Ids, regions and names that no file had before, each for one of those that the texts have."""

    def __init__(self, *texts: str, first: int) -> None:
        every = "\n".join(texts)
        accounts = sorted(set(_ACCOUNT.findall(every)))
        regions = sorted(set(_REGION.findall(every)))
        self._new = {old: f"{first + number}" for number, old in enumerate(accounts)}
        self._new |= {
            old: f"o-company{number:04}" for number, old in enumerate(sorted(set(ORGANIZATION_ID.findall(every))))
        }
        for old in regions:
            taken = {*regions, *self._new.values()}
            self._new[old] = next(each for each in REGIONS if REGIONS[each] is REGIONS[old] and each not in taken)
        self.old = frozenset(accounts)

    def text(self, text: str) -> str:
        alike = re.compile("|".join(map(re.escape, sorted(self._new, key=len, reverse=True))))
        return alike.sub(lambda found: self._new[found[0]], text)

    def settings(self, value: Any) -> Any:
        """The same for the names that stacks give to accounts and organisations, wherever settings use one."""
        if isinstance(value, list):
            return [self.settings(each) for each in value]
        if not isinstance(value, dict):
            return self.text(value) if isinstance(value, str) else value
        found: dict[str, Any] = {}
        for key, each in value.items():
            if key.endswith((":accounts", ":organizations")):
                found[key] = {self.name(name): self.text(held) for name, held in each.items()}
            elif key in ("account", "organization"):
                found[key] = self.name(each)
            else:
                found[key] = self.settings(each)
        return found

    @staticmethod
    def name(old: str) -> str:
        return f"our-{old}"


@dataclass(frozen=True)
class Company:
    """The copy, a git repository whose first commit is the company's project before the change."""

    folder: Path
    renaming: Renaming

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def read(self, name: str) -> Any:
        return yaml.safe_load(self.text(name))

    def write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def files(self) -> list[str]:
        return [*map(stack_file, stacks(self.folder)), "catalog.yaml"]

    def adapt(self) -> None:
        """Its own accounts, regions and names in every file, and two of the repositories that were there.

        A company that has followed README has its third stack already: that one is added anew.
        """
        for name in (stack_file(THIRD), f"policies/{THIRD}.json"):
            (self.folder / name).unlink(missing_ok=True)
        for name in self.files():
            self.write(name, self.renaming.settings(self.read(name)))
        for file in (self.folder / "policies").glob("*.json"):
            file.write_text(self.renaming.text(file.read_text(encoding="utf-8")), encoding="utf-8")
        catalog = self.read("catalog.yaml")
        catalog["repositories"] = dict(list(catalog["repositories"].items())[:KEPT])
        self.write("catalog.yaml", catalog)
        for stack in stacks(self.folder):
            self._keep_prefixes(stack_file(stack), list(catalog["repositories"]))

    def _keep_prefixes(self, file: str, names: list[str]) -> None:
        """A replica of what went has no prefix any more."""
        content = self.read(file)
        for key, replicas in content["config"].items():
            for replica in replicas if key.endswith(":replicas") else ():
                kept = [each for each in replica.pop("prefixes", ()) if any(name.startswith(each) for name in names)]
                replica.update({"prefixes": kept} if kept else {})
        self.write(file, content)

    def add_a_repository(self) -> None:
        catalog = self.read("catalog.yaml")
        catalog["retention"] = yaml.safe_load(PRESET)["retention"] | catalog.get("retention", {})
        catalog["repositories"] |= self.renaming.settings(yaml.safe_load(ENTRY))["repositories"]
        self.write("catalog.yaml", catalog)

    def add_a_stack(self) -> None:
        """In an account of its own."""
        config = Renaming(THIRD_STACK, first=808080000000).settings(yaml.safe_load(THIRD_STACK))["config"]
        strictest = max((self.folder / "policies").glob("*.json"), key=lambda file: file.read_text().count("mandatory"))
        shutil.copy(strictest, self.folder / "policies" / f"{THIRD}.json")
        self.write(stack_file(THIRD), {"config": config})

    def name_what_the_catalog_uses(self) -> None:
        """In every stack, as README says."""
        catalog = self.read("catalog.yaml")
        for stack in stacks(self.folder):
            content = self.read(stack_file(stack))
            for kind, first in (("account", "707070{:06}"), ("organization", "o-another{:04}")):
                names = content["config"].setdefault(f"container-registry:{kind}s", {})
                lacking = sorted({*_values(catalog, kind)} - set(names))
                names |= {name: first.format(number) for number, name in enumerate(lacking)}
            self.write(stack_file(stack), content)

    def described(self) -> list[Path]:
        """What the AWS CLI prints of a repository that the third stack is to adopt, a file for each of its regions."""
        files = []
        for place in load(self.folder, THIRD).registries:
            file = self.folder.parent / f"{place.region}.json"
            repository = {
                "repositoryArn": f"arn:aws:ecr:{place.region}:{place.account}:repository/{ADOPTED}",
                "registryId": place.account,
                "repositoryName": ADOPTED,
                "repositoryUri": f"{place.host}/{ADOPTED}",
                "imageTagMutability": "MUTABLE",
                "imageScanningConfiguration": {"scanOnPush": False},
                "encryptionConfiguration": {"encryptionType": "AES256"},
            }
            expired = {"repositoryName": ADOPTED, "lifecyclePolicyText": json.dumps({"rules": [KEEP_TEN]})}
            file.write_text(json.dumps({"repositories": [repository]}) + json.dumps(expired), encoding="utf-8")
            files.append(file)
        return files

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=acme", "-c", "user.email=registry@acme.example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(self.folder), *identity, *arguments], check=True, capture_output=True)


def _values(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value[key]] if key in value else []
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _values(each, key)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company") / "project"
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    texts = [(folder / name).read_text(encoding="utf-8") for name in [*map(stack_file, stacks(folder)), "catalog.yaml"]]
    company = Company(folder, Renaming(*texts, ENTRY, first=909090000000))
    company.adapt()
    company.git("init", "--quiet", "--initial-branch=main")
    company.git("add", "--all")
    company.git("commit", "--quiet", "--message", "our own")
    company.add_a_repository()
    company.add_a_stack()
    company.name_what_the_catalog_uses()
    return company


def test_the_company_has_nothing_of_what_was_there(company: Company) -> None:
    """Else the copy proves nothing."""
    assert len(stacks(company.folder)) >= 2
    for name in company.files():
        assert not company.renaming.old & set(_ACCOUNT.findall(company.text(name)))
    assert len(company.read("catalog.yaml")["repositories"]) == KEPT + 1


REVIEW = {
    "render": ("text", "json"),
    "plan": ("text", "json", "markdown"),
    "gate": ("text", "json", "markdown", "sarif"),
    "access": ("table", "json", "markdown"),
}
BASE = ("--base", "main")
PAGE, RULES = "review.access.page", "policies.pack.readme"
Call = tuple[str, str, list[str]]
"""A name, a module that has a `main`, and its arguments."""


def _of_review(stack: str, command: str, form: str, *more: str) -> Call:
    return (
        " ".join((stack, command, form, *more)),
        "review.__main__",
        [command, "--stack", stack, "--format", form, *more],
    )


def calls(company: Company, standing: str) -> list[Call]:
    """What people, make and the workflows call. Only a stack that the base has costs processes of the base's code."""
    described = [str(each) for each in company.described()]
    return [
        ("a stale page", PAGE, ["--check"]),
        *((f"{module} {' '.join(given)}", module, given) for module in (PAGE, RULES) for given in ([], ["--check"])),
        ("schema", "settings.written.schema", ["--check"]),
        ("levels", "policies.pack.levels", []),
        ("bundle", "policies.pack.bundle", [str(company.folder.parent / "pack")]),
        *(_of_review(THIRD, command, form) for command in REVIEW if command != "plan" for form in REVIEW[command]),
        *(_of_review(THIRD, "plan", form, *BASE) for form in REVIEW["plan"]),
        *(_of_review(THIRD, command, "json", *BASE) for command in ("gate", "access")),
        *(_of_review(standing, command, "json", *BASE) for command in ("plan", "gate", "access")),
        ("adopt", "ops.__main__", ["adopt", "--format", "json", *described]),
        (
            "rehearsal",
            "rehearsal.__main__",
            ["up", "--once", "--format", "json", "--stack", standing, "--repository", ADDED],
        ),
    ]


def test_every_entry_point_serves_the_company(company: Company) -> None:
    # One test, since its processes cost seconds and workers share no fixture.
    every = {stack: load(company.folder, stack) for stack in stacks(company.folder)}
    standing = min(every.keys() - {THIRD}, key=lambda stack: len(every[stack].all_registries))
    ran = subprocess.run(
        [sys.executable, "-P", str(ROOT / "tests" / "entry_points.py")],
        input=json.dumps(calls(company, standing)), cwd=company.folder, timeout=300,
        env={**os.environ, "PYTHONPATH": str(company.folder)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    ended = json.loads(ran.stdout)
    assert {name: each for name, each in ended.items() if each["code"] != (name == "a stale page")} == {}
    for name, each in ended.items():
        assert not company.renaming.old & set(_ACCOUNT.findall(each["out"])), name

    for stack in every:
        assert f"<summary>Stack {stack}</summary>" in company.text("docs/access.md")
    assert f"| Rule | Severity | {' | '.join(every)} |" in company.text("policies/README.md")

    said = {name: json.loads(each["out"]) for name, each in ended.items() if each["out"].startswith("{")}
    changes = said[f"{standing} plan json --base main"]["changes"]
    assert {each["op"] for each in changes} <= {"create", "update"}
    assert _about(each for each in changes if each["op"] == "create") == {ADDED}
    remarks = said[f"{standing} gate json --base main"]["remarks"]
    assert _about(each for each in remarks if each["kind"] == "access") == {ADDED}
    assert said["rehearsal"]["held"]
    assert ADDED in {each["subject"].partition("@")[0] for each in said["rehearsal"]["proofs"]}
    assert said["adopt"]["stack"] == THIRD
    assert [(each["name"], each["status"]) for each in said["adopt"]["repositories"]] == [(ADOPTED, "adoptable")]


def _about(things: Iterable[dict[str, str]]) -> set[str]:
    """The repositories whose URNs these are."""
    return {each["urn"].rpartition("::")[2].partition("@")[0] for each in things}


def test_the_bootstrap_is_filled_in_for_every_stack(company: Company) -> None:
    for stack in stacks(company.folder):
        home = load(company.folder, stack).home
        account = for_stack(company.folder / FILE, "container-registry", stack, home.account, home.region)
        assert account.resources["DeployRole"]["Properties"]["RoleName"] == f"container-registry-{stack}-deploy"
