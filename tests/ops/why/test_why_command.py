"""`python -m ops why`: what it prints, its exit codes, and which edits it does not print."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.__main__ import main
from settings import load
from tests.cases import case, cases
from tests.ops.why.world import ACCOUNT, APP, MAIN, NOWHERE, PROD, WORKLOADS, claims_of, host, project
from tests.stacks import PROJECT, ROOT

TRUST = "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity\n"
LOGIN = "denied: Your authorization token has expired. Reauthenticate and try again.\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """With a text on standard input."""
    folder = project(tmp_path / "project")

    def why(text: str | bytes, *more: str, at: Path = folder) -> tuple[int, str, str]:
        given = io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
        monkeypatch.setattr("sys.stdin", given)
        status = main(["why", "--stack", "dev", "--project", str(at), *more])
        said = capsys.readouterr()
        return status, said.out, said.err

    return why


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    file = tmp_path / "claims.json"
    file.write_text(json.dumps({**claims_of(APP), "sub": f"{str(APP.subject).rpartition('/')[0]}/release"}))
    return file


def test_what_people_read(run: Run, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.output.width", lambda: 80)
    status, out, err = run(TRUST, "--claims", str(claims))
    assert (status, err) == (0, "")
    assert (
        out
        == """\
claim-ref: the workflow's branch or tag is not declared
  repo:acme@1024/app@11:ref:refs/heads/release; declared:
  repo:acme@1024/app@11:ref:refs/heads/main
  Recognised by the words of AWS STS, KMS and signatures, by the AWS CLI or an
  SDK: https://github.com/aws-actions/configure-aws-credentials/issues/318

Fix, in catalog.yaml: declare a push from refs/heads/release, with a role of its
  own
  catalog.yaml:10  repositories.team/app.push
+       - {github: acme/app, owner_id: 1024, repository_id: 11, refs: [refs/heads/release], stacks: [dev]}
  Proven on a copy of the settings: this call passes, and no other access
  changes.
  The workflow then assumes
  arn:aws:iam::550000990001:role/container-registry/dev/dev.acme.app+branch-release
"""
    )


def test_another_process(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "ops", "why", "--stack", "dev", "--project", str(project(tmp_path / "project"))]
    done = subprocess.run(arguments, input=LOGIN, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("token-expired: ")
    assert host() in done.stdout


def test_bytes_and_colours_of_a_log(run: Run) -> None:
    status, out, _ = run(b"\xff\x1b[31mdenied: Your authorization\x1b[0m token has expired.")
    assert (status, out.partition(":")[0]) == (0, "token-expired")


def test_an_account_that_github_masks(run: Run) -> None:
    text = "manifest for ***.dkr.ecr.us-east-1.amazonaws.com/team/app:nightly not found: manifest unknown"
    assert run(text)[1].startswith("tag-missing: ")


@cases(
    "text, more, said",
    case("no refusal", "all is well\n", (), "no refusal is known in the text"),
    case("nothing", "", (), "no refusal is known in the text"),
    case("who called", f"{host()}/team/app:v1: 403 Forbidden\n", (), "does not say who called"),
    case("no ECR", "User: a is not authorized to perform: s3:GetObject\n", (), "no call to Amazon ECR"),
)
def test_no_cause(text: str, more: tuple[str, ...], said: str, run: Run) -> None:
    status, out, err = run(text, *more)
    assert (status, out) == (1, "")
    assert said in err


@cases(
    "content, said",
    case("missing", None, "can't be read: No such file or directory"),
    case("no JSON", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "is not JSON"),
    case("no object", "[]", "sub: None is not the subject of a token"),
    case("no subject", '{"iss": "x"}', "sub: None is not the subject of a token"),
    case("no subject of GitHub's", '{"sub": "repo:acme"}', "is not a subject of GitHub's"),
)
def test_claims_of_no_use(content: str | None, said: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    if content is not None:
        file.write_text(content)
    status, out, err = run(TRUST, "--claims", str(file))
    assert (status, out) == (2, "")
    assert said in err
    assert str(file) in err


def test_a_text_that_is_not_there(run: Run, tmp_path: Path) -> None:
    status, _, err = run("", str(tmp_path / "none.log"))
    assert (status, "none.log can't be read: No such file" in err) == (2, True)


def test_an_event_in_another_encoding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_bytes(b'{"errorCode": "\xff"}')
    status, _, err = run("", "--event", str(tmp_path / "event.json"))
    assert (status, "is not UTF-8 at byte 15" in err) == (2, True)


def test_faulty_settings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "project" / "catalog.yaml").write_text("repositories: {team/app: {}}\n")
    status, _, err = run(LOGIN)
    assert (status, "catalog.yaml:1" in err) == (2, True)


def denied(role: str, name: str, account: str = WORKLOADS) -> str:
    resource = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"
    who = f"arn:aws:sts::{account}:assumed-role/{role}/i-1"
    because = "because no resource-based policy allows the ecr:BatchGetImage action"
    return f"User: {who} is not authorized to perform: ecr:BatchGetImage on resource: {resource} {because}\n"


def test_no_edit_that_makes_the_settings_faulty(run: Run, tmp_path: Path) -> None:
    """The other stack does not know the account that the grant would name."""
    (tmp_path / "project" / "Pulumi.prod.yaml").write_text(
        'config:\n  aws:region: us-east-1\n  aws:allowedAccountIds: ["550000990002"]\n'
        "  container-registry:environment: prod\n  container-registry:monitoring: {enabled: false}\n"
    )
    (tmp_path / "project" / "catalog.yaml").write_text(
        "retention: {default: [{any: true, keep: 3}]}\nrepositories: {team/app: {owner: team}}\n"
    )
    status, out, _ = run(denied("builder", "team/app"), "--format", "json")
    found = json.loads(out)
    assert (status, found["cause"]["id"], found["edits"]) == (0, "pull-not-declared", [])
    assert "faulty" in found["fix"]


_PRIVATE = f"{host()}/team/app:v1"
_ELSEWHERE = "registry.example/v2/team/app/manifests/v1"
_WARNED = "Unable to retrieve some image pull secrets (ecr-pull); attempting to pull the image may not succeed.\n"


@cases(
    "text, cause",
    case("host before login", f"{host(account=PROD)}/team/app: {LOGIN}", "registry-of-other-stack"),
    case("region before image", f"for {host(NOWHERE)}/team/app:v1: manifest unknown", "other-region"),
    case("no host before credentials", f'Get "https://{_ELSEWHERE}": no basic auth credentials', "host-not-ecr"),
    case("secret before login", f"{_WARNED}{_PRIVATE}: no basic auth credentials", "pull-secret-missing"),
    case("image before secret", f"{_WARNED}failed to resolve reference {_PRIVATE}: not found", "image-expired"),
    case("organization before our policies", denied("builder", "team/app").replace("because no resource-based policy "
         "allows the ecr:BatchGetImage action", "with an explicit deny in a service control policy"),
         "service-control-policy"),
)  # fmt: skip
def test_the_first_of_two_things(text: str, cause: str, run: Run) -> None:
    assert run(text)[1].partition(":")[0] == cause


def test_a_user_is_not_granted_by_its_account(run: Run) -> None:
    text = denied("builder", "team/app").replace("sts:", "iam:").replace("assumed-role/builder/i-1", "user/ada")
    found = json.loads(run(text, "--format", "json")[1])
    assert (found["cause"]["id"], found["edits"]) == ("pull-not-declared", [])


def test_a_role_more_would_take_the_variable_of_the_workflow_away(run: Run, claims: Path, tmp_path: Path) -> None:
    """Where the stack declares the repository at GitHub, the role gets a ref more, and the variable its new name."""
    dev = tmp_path / "project" / "Pulumi.dev.yaml"
    dev.write_text(f"{dev.read_text()}  container-registry:github: {{owner: acme}}\n")
    found = json.loads(run(TRUST, "--claims", str(claims), "--format", "json")[1])
    (edit,) = found["edits"]
    assert edit["path"][-1] == "refs"
    assert "refs: [refs/heads/main, refs/heads/release]" in edit["new"][0]
    assert found["role"].endswith(f"{MAIN}+branch-release")


def test_a_boundary_that_is_not_known(run: Run, claims: Path, tmp_path: Path) -> None:
    """Without the bootstrap's template it can't be proven that the call passes."""
    (tmp_path / "project" / "bootstrap" / "account.yaml").unlink()
    found = json.loads(run(TRUST, "--claims", str(claims), "--format", "json")[1])
    assert (found["cause"]["id"], found["edits"]) == ("claim-ref", [])
    assert "with the line it is conditional as role" in found["fix"]
    assert "permissions boundary" in found["fix"]


def test_a_role_of_the_stack_of_before(run: Run) -> None:
    text = denied("dev.acme.app+branch-mian", "team/app", ACCOUNT).replace("resource-based", "identity-based")
    assert run(text)[1].startswith("role-not-declared: ")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The tests' own project, with the bootstrap's template."""
    for file in PROJECT.glob("*.yaml"):
        (tmp_path / "project" / file.name).write_bytes(file.read_bytes())
    return tmp_path / "project"


def test_the_path_of_a_role_that_is_granted(run: Run, own: Path) -> None:
    """The session's ARN has no path; only one role that is granted has the name."""
    text = (
        denied("ingest-runner", "data/ingest")
        .replace(ACCOUNT, "111122223333")
        .replace("resource-based", "identity-based")
    )
    assert run(text, at=own)[1].startswith("other-account-policies: ")


def test_an_image_that_is_archived_before_it_expires(run: Run, own: Path) -> None:
    """The rule that takes it first counts: data/ingest archives `dev-*`, and removes long after what is archived."""
    at = host(account="111122223333")
    assert run(f"manifest for {at}/data/ingest:dev-7 not found: manifest unknown", at=own)[1].startswith(
        "image-archived: "
    )


def test_a_publisher_with_several_refs(run: Run, own: Path) -> None:
    """Which of them asked for more is not known, and all of them would get it."""
    role = next(each.name for each in load(own, "dev").publishers if each.source.github == "acme/storefront")
    text = denied(role, "data/ingest", ACCOUNT).replace(ACCOUNT, "111122223333").replace("BatchGetImage", "PutImage")
    found = json.loads(run(text.replace("resource-based", "identity-based"), "--format", "json", at=own)[1])
    assert (found["cause"]["id"], found["edits"]) == ("push-not-declared", [])
    assert "--claims" in found["fix"]


def test_a_grant_to_an_organization_that_the_account_is_not_in(run: Run, own: Path) -> None:
    """AWS denied it, so the one condition of the grant did not hold."""
    text = denied("prod.pull.market.storefront", "payments/api", "222233334444").replace(ACCOUNT, "222233334444")
    more = ("--stack", "prod", "--format", "json")
    found = json.loads(run(text.replace("resource-based", "identity-based"), *more, at=own)[1])
    assert (found["cause"]["id"], len(found["edits"])) == ("namespace-not-declared", 1)


def test_what_an_organization_has_is_no_access_more(run: Run, own: Path, tmp_path: Path) -> None:
    """In the tests' project every principal of the organization pulls payments/api, a new publisher as well."""
    claims = {**claims_of(APP), "sub": "repo:acme@1024/payments-api@65536:ref:refs/heads/release"}
    claims |= {"repository": "acme/payments-api", "repository_id": "65536"}
    (tmp_path / "claims.json").write_text(json.dumps(claims))
    found = json.loads(run(TRUST, "--claims", str(tmp_path / "claims.json"), "--format", "json", at=own)[1])
    assert (found["cause"]["id"], len(found["edits"])) == ("claim-ref", 1)
