"""The steps of deploy.yml that delete nothing, and those that do, with stand-ins for the programs that they call.

tests/engine/test_two_keys.py runs the same steps on a real engine."""

import shutil
from pathlib import Path

import pytest

from tests.workflows.workflow import program, run_step

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the workflows' scripts are bash")

URNS = ("urn:pulumi:prod::p::a$aws:ecr/repository:Repository::web@us-east-1", "urn:pulumi:prod::p::a::web@us-east-1")
PULUMI = """\
printf 'pulumi %s\\n' "$*" >> "$CALLS"
case "$1 $2" in
  "preview "*) echo "${SAYS:-{\\}}"; exit "${PREVIEW:-0}" ;;
  "stack export") cat "$STATE" > state.json ;;
  "destroy "*) exit "${DESTROY:-0}" ;;
esac
"""
# `review deletions` prints what $FOUND holds; `ops replica-roles` says `changed` where $OTHERS is set.
PYTHON = """\
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  *deletions*) if [ "${REFUSES:-}" ]; then echo "$REFUSES" >&2; exit 2; fi; cat "$FOUND" ;;
  *replica-roles*) if [ "${OTHERS:-}" ]; then echo changed; fi ;;
esac
"""
PACK = "--policy-pack policies --policy-pack-config policies/prod.json"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    program(tmp_path / "bin" / "pulumi", PULUMI)
    program(tmp_path / ".venv" / "bin" / "python", PYTHON)
    (tmp_path / "found").write_text("".join(f"{urn}\n" for urn in URNS), encoding="utf-8")
    (tmp_path / "state").write_text("".join(f'"urn": "{urn}",\n' for urn in URNS), encoding="utf-8")
    names = {"CALLS": "calls", "FOUND": "found", "STATE": "state"}
    return {"STACK": "prod", "PULUMI_STATE_URL": "s3://x", **{key: str(tmp_path / n) for key, n in names.items()}}


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


def run(name: str, folder: Path, environment: dict[str, str], job: str = "prod") -> tuple[int, str]:
    ran = run_step("deploy.yml", job, name, folder, environment)
    return ran.returncode, ran.stderr


def test_what_is_deleted_is_left_out_and_handed_on(tmp_path: Path, environment: dict[str, str]) -> None:
    assert run("deletions", tmp_path, environment) == (0, "")
    assert (tmp_path / "output").read_text(encoding="utf-8") == "found=true\n"
    summary = (tmp_path / "summary").read_text(encoding="utf-8")
    assert summary == "### Left to destroy-prod\n- web@us-east-1\n"
    assert run("up", tmp_path, environment) == (0, "")
    assert calls(tmp_path) == [
        "pulumi login s3://x",
        f"pulumi preview --json --non-interactive --stack prod {PACK}",
        "-m review deletions --stack prod --from-preview preview.json",
        f"pulumi up --yes --non-interactive --stack prod {PACK} --exclude {URNS[0]} --exclude {URNS[1]}",
    ]


def test_without_deletions_nothing_is_handed_on(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "found").write_text("", encoding="utf-8")
    assert run("deletions", tmp_path, environment) == (0, "")
    assert not (tmp_path / "output").exists()
    assert run("up", tmp_path, environment) == (0, "")
    assert calls(tmp_path)[-1] == f"pulumi up --yes --non-interactive --stack prod {PACK}"


@pytest.mark.parametrize(
    ("more", "said"), [({"PREVIEW": "255", "SAYS": "why"}, "why"), ({"REFUSES": "no tag"}, "no tag")]
)
def test_nothing_is_deployed_where_it_is_not_known_what_is_deleted(
    tmp_path: Path, environment: dict[str, str], more: dict[str, str], said: str
) -> None:
    status, errors = run("deletions", tmp_path, {**environment, **more})
    assert status == (255 if "PREVIEW" in more else 2)
    assert said in errors
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("others", [False, True], ids=["one account", "replicas in others"])
@pytest.mark.parametrize("status", ["0", "255"])
def test_only_the_listed_is_deleted_and_the_roles_are_put_back(
    tmp_path: Path, environment: dict[str, str], status: str, others: bool
) -> None:
    shutil.copy(tmp_path / "found", tmp_path / "deletions.txt")
    more = {"DESTROY": status, **({"OTHERS": "1"} if others else {})}
    assert run("destroy", tmp_path, {**environment, **more}, "destroy-prod")[0] == int(status)

    def take(role: str) -> list[str]:
        imported = ["pulumi stack import --stack prod --file state.json"] if others else []
        asked = f"-m ops replica-roles --state state.json --role {role}"
        return ["pulumi stack export --stack prod --file state.json", asked, *imported]

    targets = " ".join(f"--target {urn}" for urn in URNS)
    assert calls(tmp_path) == [
        "pulumi login s3://x",
        *take("destroy"),
        f"pulumi destroy --yes --non-interactive --stack prod {targets}",
        *take("deploy"),
    ]


def test_what_is_gone_already_is_no_target(tmp_path: Path, environment: dict[str, str]) -> None:
    """Without targets `pulumi destroy` would take the whole stack."""
    shutil.copy(tmp_path / "found", tmp_path / "deletions.txt")
    (tmp_path / "state").write_text(f'"urn": "{URNS[0]}-2",\n"parent": "{URNS[1]}"\n', encoding="utf-8")
    assert run("destroy", tmp_path, environment, "destroy-prod")[0] == 0
    assert not [each for each in calls(tmp_path) if each.startswith("pulumi destroy")]
