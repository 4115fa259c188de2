"""GitHub's ids and subjects beside the catalog's: every difference with its line, every failure in words, no token."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from ops.github_subjects import rest
from tests.github.server import Failure, GitHub, secondary_limit, served
from tests.github.state import USER, Repository
from tests.stacks import NO_GITHUB, NO_SOURCES, ROOT, copied, edited

CANARY = "ghs_canary0123456789"
NAMES = {"payments-api": 65536, "payments-ledger": 65537, "storefront": 65538, "data-ingest": 65539, "notebooks": 65540}
BY_NAME = "i is trusted by its name alone, which another could get; its ids make sure of it"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """It agrees with the tests' catalog."""
    github = GitHub(tokens={CANARY: False})
    acme = github.holdings.add_owner("acme", 1024)
    for name, number in NAMES.items():
        github.holdings.add(acme, name, number, immutable=name == "payments-api")
    monkeypatch.setattr(rest, "_PAUSE", 0)
    for name in ("GH_TOKEN", "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    with served(github):
        monkeypatch.setenv("GITHUB_TOKEN", CANARY)
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        yield github
    assert github.violations == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path, *NO_GITHUB, *NO_SOURCES)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*more: str, stack: str = "prod") -> tuple[int, str, str]:
        status = main(["github-subjects", "--stack", stack, "--project", str(folder), *more])
        shown = capsys.readouterr()
        assert CANARY not in shown.out + shown.err
        return status, shown.out, shown.err

    return run


def repository(github: GitHub, name: str) -> Repository:
    (found,) = [each for each in github.holdings.repositories if each.name == name]
    return found


def of(text: str, name: str) -> list[str]:
    """What is said of one repository."""
    lines = text.splitlines()
    start = lines.index(f"acme/{name}") + 1
    end = next(index for index in range(start, len(lines)) if not lines[index].startswith(" "))
    return [re.sub(r"\s+", " ", each).strip() for each in lines[start:end]]


def test_all_is_equal(run: Run, github: GitHub) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert of(out, "payments-api") == ["= id 65536 of owner 1024, subject: immutable"]
    assert of(out, "payments-ledger") == ["= id 65537 of owner 1024, subject: name"]
    assert of(out, "notebooks")[0] == BY_NAME
    assert out.endswith("5 GitHub repositories: 5 as the catalog, 0 not\n")
    assert len(github.requests) == 10


Change = Callable[[Repository], None]


def change(**values: Any) -> Change:
    return lambda repository: repository.__dict__.update(values)


def _moved(repository: Repository) -> None:
    repository.old_names.append(repository.full_name)
    repository.name = "payments"


OTHER = "make sure that it is yours before you trust it"
CASES: dict[str, tuple[str, Change, list[str]]] = {
    "another repository by the name": (
        "payments-ledger", change(id=70000),
        [
            f"! has the repository_id 70000, and the catalog 65537: another repository by the same name; {OTHER}",
            "catalog.yaml:45 repository_id: 70000",
        ],
    ),
    "another owner by the name": (
        "payments-ledger", lambda each: change(id=2048)(each.owner),  # type: ignore[arg-type]
        [
            f"! has the owner_id 2048, and the catalog 1024: another owner by the same name; {OTHER}",
            "catalog.yaml:44 owner_id: 2048",
        ],
    ),
    "renamed": (
        "payments-ledger", _moved,
        [
            "! is acme/payments now; the names of its roles change with it, and so what its workflows assume",
            "catalog.yaml:43 github: acme/payments",
        ],
    ),
    "the case": (
        "payments-ledger", change(name="Payments-Ledger"),
        [
            "! is written acme/Payments-Ledger at GitHub, and a subject has that case",
            "catalog.yaml:43 github: acme/Payments-Ledger",
        ],
    ),
    "archived": (
        "payments-ledger", change(archived=True),
        ["! is archived: none of its workflows runs", "catalog.yaml:43 remove this entry"],
    ),
    "opted in to ids": (
        "payments-ledger", change(immutable=True),
        [
            "! has subjects with ids (repo:acme@1024/payments-ledger@65537)",
            "catalog.yaml:46 subject: immutable",
        ],
    ),
    "opted in without ids in the catalog": (
        "notebooks", change(immutable=True),
        [
            "! has subjects with ids (repo:acme@1024/notebooks@65540)",
            "catalog.yaml:79 add owner_id: 1024", "catalog.yaml:79 add repository_id: 65540",
        ],
    ),
    "not opted in": (
        "payments-api", change(immutable=False),
        [
            "! has subjects without ids (repo:acme/payments-api), and the catalog expects them",
            "catalog.yaml:28 add subject: name",
        ],
    ),
    "own claim keys": (
        "payments-ledger", change(claim_keys=["repo", "ref"]),
        [
            "! has subjects of repo, ref: no trust policy of the catalog accepts them; undo it, then compare again",
            "gh api -X PUT repos/acme/payments-ledger/actions/oidc/customization/sub -F use_default=true",
        ],
    ),
    "GitHub's own claim keys": (
        "payments-ledger", change(claim_keys=["repo", "context"]), ["= id 65537 of owner 1024, subject: name"]
    ),
    "its organization's template": (
        "payments-ledger", lambda each: change(claim_keys=["actor"])(each.owner) or change(claim_keys=[])(each),  # type: ignore[arg-type]
        [
            "! has subjects of actor: no trust policy of the catalog accepts them; undo it, then compare again",
            "gh api -X PUT repos/acme/payments-ledger/actions/oidc/customization/sub -F use_default=true",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_difference_is_said_with_what_to_write(run: Run, github: GitHub, case: str) -> None:
    name, made_different, said = CASES[case]
    made_different(repository(github, name))
    status, out, _ = run()
    assert " ".join(of(out, name)) == " ".join(said)
    assert status == (0 if said[0].startswith("=") else 1)


@pytest.mark.parametrize("case", ["renamed", "the case", "opted in to ids", "another repository by the name"])
def test_what_is_written_as_said_makes_them_equal(run: Run, github: GitHub, folder: Path, case: str) -> None:
    name, made_different, _ = CASES[case]
    made_different(repository(github, name))
    (found,) = [each for each in json.loads(run("--format", "json")[1])["sources"] if not each["equal"]]
    lines = (folder / "catalog.yaml").read_text(encoding="utf-8").splitlines()
    for each in found["differences"][0]["lines"]:
        key = each["write"].partition(":")[0]
        lines[each["line"] - 1] = re.sub(rf"{key}: \S+", each["write"], lines[each["line"] - 1])
    text = "\n".join(lines)
    if case != "opted in to ids":  # the other stack's entry says the same, or the settings contradict themselves
        old = {"repository_id": "65537"}.get(key, "acme/payments-ledger")
        text = text.replace(f"{key}: {old}", found["differences"][0]["lines"][0]["write"])
    else:
        text = text.replace("subject: name", "subject: immutable")
    (folder / "catalog.yaml").write_text(text, encoding="utf-8")
    assert run()[0] == 0


def test_a_renamed_repository_that_is_declared_keeps_its_name_before(run: Run, github: GitHub, folder: Path) -> None:
    _moved(repository(github, "payments-ledger"))
    stack = folder / "Pulumi.prod.yaml"
    stack.write_text(
        f"{stack.read_text(encoding='utf-8')}  container-registry:github: {{owner: acme}}\n", encoding="utf-8"
    )
    said = "add acme/payments: {renamed_from: payments-ledger} to sources, or all of it is created anew"
    assert of(run()[1], "payments-ledger")[-1].endswith(said)


def test_a_deleted_repository_and_one_that_the_token_cannot_read_are_the_same_to_it(run: Run, github: GitHub) -> None:
    github.holdings.repositories.remove(repository(github, "notebooks"))
    status, out, _ = run()
    said = ["! is not found: it was deleted, or this token can't read it", "catalog.yaml:79 remove this entry"]
    assert (status, of(out, "notebooks")) == (1, said)


def test_a_user_has_no_template(run: Run, github: GitHub, folder: Path) -> None:
    owner = github.holdings.add_owner("robin", 77, type=USER)
    github.holdings.add(owner, "notebooks", 65999, claim_keys=[])
    edited(folder, ("catalog.yaml", "acme/notebooks", "robin/notebooks"))
    status, out, _ = run()
    assert status == 1
    assert "has subjects of its organization's template" in out


def test_a_server_that_does_not_say_the_prefix(run: Run, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Repository, "prefix", None)
    github.failures.append(Failure(404, "Not Found", path="/actions/oidc", times=99))
    status, out, _ = run()
    assert status == 0
    assert of(out, "payments-api")[0].startswith("i has subjects of a form that GitHub does not say")


def test_a_prefix_of_another_form(run: Run, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Repository, "prefix", "repository:1")
    status, out, _ = run()
    assert status == 1
    assert "begin with repository:1: no trust policy for acme/payments-api accepts them" in out
    assert github.requests


def test_json_has_all_of_it(run: Run, github: GitHub) -> None:
    repository(github, "payments-ledger").claim_keys = ["repo"]
    status, out, _ = run("--format", "json")
    found = json.loads(out)
    assert (status, found["version"], found["stack"], len(found["sources"])) == (1, 1, "prod", 5)
    by_name = {each["github"]: each for each in found["sources"]}
    ledger = by_name["acme/payments-ledger"]
    assert (ledger["equal"], ledger["live"]["claim_keys"], ledger["differences"][0]["kind"]) == (
        False, ["repo"], "customized",
    )  # fmt: skip
    (unset,) = by_name["acme/notebooks"]["differences"]
    assert unset["lines"] == [
        {
            "file": "catalog.yaml",
            "line": 79,
            "path": "repositories.data/notebooks.push[0]",
            "write": "add owner_id: 1024, repository_id: 65540, subject: name",
        }
    ]


FAILURES: dict[str, tuple[Failure, str]] = {
    "expired": (Failure(401, "Bad credentials"), "GitHub refuses the token (Bad credentials)"),
    "permission": (
        Failure(403, "Resource not accessible by integration", path="/oidc"),
        "can't read /repos/acme/data-ingest/actions/oidc/customization/sub (Resource not accessible by integration)",
    ),
    "at once": (secondary_limit(30), "run it again in 30 seconds"),
    "too many": (Failure(429, "Too many requests", headers={"retry-after": "5"}), "run it again in 5 seconds"),
    "teapot": (Failure(418, "no coffee"), "418 no coffee"),
    "down": (Failure(502, "Bad Gateway"), "502 Bad Gateway"),
    "elsewhere": (
        Failure(301, "Moved", headers={"location": "http://127.0.0.2:1/x"}), "redirected to another server",
    ),
    "round": (Failure(301, "Moved", headers={"location": "/repos/acme/data-ingest"}), "more than 5 times"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_what_can_not_be_read_is_said(run: Run, github: GitHub, case: str, folder: Path) -> None:
    _alone(folder)
    failure, said = FAILURES[case]
    failure.times = 99
    github.failures.append(failure)
    status, out, err = run()
    assert (status, out) == (2, "")
    assert said in err
    failure.times = 0
    assert run()[0] == 0


def _alone(folder: Path) -> None:
    """One repository that pushes in prod, so that the order of requests is known."""
    text = (folder / "catalog.yaml").read_text(encoding="utf-8")
    kept = re.sub(r"    push:\n(?:      .*\n)+", "", text)
    kept = re.sub(r"    push: \[\{github: acme/(?:storefront|notebooks).*\n", "", kept)
    (folder / "catalog.yaml").write_text(kept, encoding="utf-8")


def test_a_failure_for_a_while_is_waited_for(run: Run, github: GitHub) -> None:
    github.failures.append(Failure(503, "Unavailable", times=2))
    assert run()[0] == 0


def test_the_hours_limit(run: Run, github: GitHub) -> None:
    github.remaining = 3
    status, _, err = run()
    assert (status, err) == (2, "the token's 5000 requests an hour are used up until 12:00 UTC: run it again then\n")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"GITHUB_TOKEN": ""}, "set GITHUB_TOKEN or GH_TOKEN"),
        ({"GITHUB_TOKEN": f"{CANARY}\nx"}, "a character that no token has"),
        ({"GITHUB_API_URL": "http://github.acme.example"}, "is no https address"),
        ({"GITHUB_API_URL": f"https://x:{CANARY}@github.acme.example"}, "is more than an address"),
        ({"GITHUB_API_URL": "https://["}, "is no https address"),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1 does not answer"),
    ],
)
def test_what_the_environment_lacks(
    run: Run, github: GitHub, monkeypatch: pytest.MonkeyPatch, written: dict[str, str], said: str
) -> None:
    for name, value in written.items():
        monkeypatch.setenv(name, value)
    status, out, err = run()
    assert (status, out) == (2, "")
    assert said in err
    assert github.requests == []


def test_the_other_variable_has_the_token_as_well(run: Run, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("GH_TOKEN", CANARY)
    assert run()[0] == 0
    assert github.requests


def test_faulty_settings_ask_nothing(run: Run, github: GitHub, folder: Path) -> None:
    edited(folder, ("catalog.yaml", "acme/notebooks", "notebooks"))
    status, _, err = run()
    assert status == 2
    assert "is not a GitHub repository" in err
    assert github.requests == []


def test_a_stack_that_nothing_pushes_to(run: Run, github: GitHub, folder: Path) -> None:
    text = re.sub(r"    push:.*\n(?:      .*\n)*", "", (folder / "catalog.yaml").read_text(encoding="utf-8"))
    (folder / "catalog.yaml").write_text(text, encoding="utf-8")
    assert run() == (0, "no GitHub repository pushes in stack prod\n", "")
    assert github.requests == []


def test_the_page_shows_what_is_printed(run: Run, github: GitHub) -> None:
    github.holdings.repositories.remove(repository(github, "notebooks"))
    repository(github, "payments-ledger").immutable = True
    repository(github, "storefront").claim_keys = ["repo", "ref"]
    assert f"```text\n{run()[1]}```" in (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
