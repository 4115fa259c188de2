"""What `docs/bootstrap.md` has people type: in an order that leaves no door open, and run with stand-ins."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.workflows.workflow import jobs, program

DOCUMENT = (ROOT / "docs" / "bootstrap.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def block(word: str) -> str:
    (found,) = (each for each in BLOCKS if word in each)
    return str(found)


def run(script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("what people type is for bash")
    path = f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        [bash, "-e", "-c", script],
        cwd=folder,
        env={"PATH": path, "TMPDIR": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_role_is_there_before_what_guards_it() -> None:
    """GitHub makes an environment that a workflow names and that doesn't exist, with no protection at all."""
    typed = "\n".join(BLOCKS).partition(block("delete-stack "))[0]
    guarded, trusted, told = (
        [found.start() for found in re.finditer(word, typed)]
        for word in (r"only_main \"|environments/preview-", r"aws cloudformation deploy", r"gh variable set")
    )
    assert max(guarded) < min(trusted) < min(told)


def test_no_role_is_left_after_what_guarded_it() -> None:
    typed = block("delete-stack ")
    assert typed.index("delete-stack ") < typed.index("wait stack-delete-complete") < typed.index("--method DELETE")


GH = """\
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  *teams*) echo 4711 ;;
  *--input*) cat > "$(printf '%s' "$*" | tr -c 'a-z-\\n' _).json" ;;
esac
"""


def test_every_environment_is_made_and_only_previews_admit_branches(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "gh", GH)
    variables = dict(re.findall(r"(\w+)=(\S+)", block("stack=dev ")))
    for stack in ("dev", "prod"):
        sandbox = {"sandbox": str(stack == "dev").lower()}
        environment = {**variables, **sandbox, "stack": stack, "CALLS": str(tmp_path / "calls")}
        ran = run(block("only_main() {"), tmp_path, environment)
        assert ran.returncode == 0, ran.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    made = re.findall(r"--method PUT repos/acme/container-registry/environments/([\w-]+) --input", calls)
    used = {str(each.data["environment"]) for each in jobs() if each.takes_a_role}
    kinds = {name.removesuffix("${{ matrix.stack }}") for name in used if "matrix" in name} | {""}
    assert kinds == {"", "preview-", "drift-"}
    assert set(made) == {"destroy-prod", *(f"{kind}{stack}" for kind in kinds for stack in ("dev", "prod"))}
    assert {each for each in used if "matrix" not in each} == {"dev", "prod", "destroy-prod"}
    bodies = [json.loads(file.read_text(encoding="utf-8")) for file in tmp_path.glob("*.json")]
    assert len(bodies) == len(made)
    narrow = re.findall(r"environments/([\w-]+)/deployment-branch-policies --raw-field name=main", calls)
    assert set(narrow) == {name for name in made if not name.startswith("preview-")}
    assert sum(bool(body["deployment_branch_policy"]) for body in bodies) == len(narrow)


# Keeps a bucket's versions in $BUCKET, and answers as S3 does: a page has a thousand of both kinds.
AWS = """\
import json, os, sys
from pathlib import Path
import jmespath

words = dict(zip(sys.argv[1:], [*sys.argv[2:], ""]))
bucket = Path(os.environ["BUCKET"])
held = json.loads(bucket.read_text())
match sys.argv[2]:
    case "list-object-versions":
        assert "--no-paginate" in words, "the rest of the pages comes with it"
        page = held[:1000]
        kinds = {"Versions": [e for e in page if not e["marker"]], "DeleteMarkers": [e for e in page if e["marker"]]}
        answer = jmespath.search(words["--query"], {kind: some for kind, some in kinds.items() if some})
        print(json.dumps(answer, indent=4, ensure_ascii=False))
    case "delete-objects":
        assert words["--delete"].startswith("file://")
        asked = json.loads(Path(words["--delete"].removeprefix("file://")).read_text())
        assert asked["Quiet"] is True
        assert 0 < len(asked["Objects"]) <= 1000
        gone = {(each["Key"], each["VersionId"]) for each in asked["Objects"]}
        if os.environ.get("REFUSES"):
            print(json.dumps({"Errors": [{"Code": "AccessDenied"}]}))
        else:
            bucket.write_text(json.dumps([e for e in held if (e["Key"], e["VersionId"]) not in gone]))
    case "delete-bucket":
        assert not held, "BucketNotEmpty"
        bucket.unlink()
"""


def _bucket(folder: Path, held: list[dict[str, Any]]) -> dict[str, str]:
    (folder / "aws.py").write_text(AWS, encoding="utf-8")
    program(folder / "bin" / "aws", f'exec "{sys.executable}" "{folder / "aws.py"}" "$@"\n')
    (folder / "bucket").write_text(json.dumps(held), encoding="utf-8")
    return {"BUCKET": str(folder / "bucket")}


def _emptying() -> str:
    return block("delete-bucket").partition("\nkey=")[0]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_bucket_of_any_size_is_emptied(tmp_path: Path, count: int) -> None:
    """An argument has at most 128 KiB on Linux (MAX_ARG_STRLEN), and a page of the state's versions has more."""
    path = ".pulumi/history/container-registry/dev/dev-1795288856.checkpoint.json"
    held = [{"Key": path, "VersionId": f"{i:032}", "marker": i % 3 == 0} for i in range(count)]
    ran = run(_emptying(), tmp_path, _bucket(tmp_path, held))
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "bucket").exists()


def test_a_bucket_that_refuses_is_not_called_for_ever(tmp_path: Path) -> None:
    held = [{"Key": "any", "VersionId": "1", "marker": False}]
    ran = run(_emptying(), tmp_path, {**_bucket(tmp_path, held), "REFUSES": "1"})
    assert ran.returncode != 0
    assert "AccessDenied" in ran.stdout
