"""`python -m rehearsal up`: what it says of what it found, and its exit code."""

import json
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from localcloud.clients import Clients, exports
from localcloud.cloud import LocalCloud
from oci.client import Client
from oci.image import image
from rehearsal import __main__, report
from rehearsal import up as module
from rehearsal.apply import applying
from rehearsal.apply.applying import Applied, NotApplied
from rehearsal.proofs.harness.run import ProofOutcome
from rehearsal.report import Endpoint, Report
from rehearsal.up import BROKEN, FAULTY_INPUT, HELD, Options, _endpoints
from resources.ecr import LIFECYCLE_POLICY
from resources.kms import ALIAS
from settings import load
from tests.conftest import Edit
from tests.rehearsal.conftest import PATIENCE, Rehearse, Start, waiting_for

SERVING = "serving until interrupted"


def test_two_at_once_one_that_serves_and_one_for_a_machine(start: Start) -> None:
    with waiting_for(SERVING, start()) as (serving, said), start("--once", "--format", "json") as once:
        out, errors = once.communicate(timeout=60)
        assert once.returncode == 0
        assert_a_machine_is_told(out, errors)

        token = re.search(r"TOKEN=(\S+)", said)
        host = re.search(r"docker login --username AWS --password-stdin (\S+)", said)
        assert token
        assert host
        with Client.on_loopback(host[1], token[1]) as client:
            assert client.push("team/app", image("mine"), "mine-1") == client.pull("team/app", "mine-1").digest
            pull = re.search(rf"docker pull {host[1]}/(\S+):(\S+)", said)
            assert pull
            assert client.pull(pull[1], pull[2]).blobs
        assert "podman push" in said
        assert "skopeo copy" in said
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(2) == 0
        assert serving.stdout is not None
        assert serving.stdout.read() == "stopped\n"


def assert_a_machine_is_told(out: str, errors: str) -> None:
    """And people, on the other stream."""
    told = json.loads(out)
    assert (told["version"], told["stack"], told["held"]) == (1, "dev", True)
    assert {each["subject"] for each in told["proofs"]} == {"team/app@us-east-1", "registry@us-east-1"}
    assert all(each["held"] and each["happened"] and each["seconds"] > 0 for each in told["proofs"])
    assert "promises held" in errors
    assert "Traceback" not in errors
    assert f"local cloud at {told['control']}\n" in errors
    assert 0 < told["seconds"] < 2 * PATIENCE
    assert f"built {told['built']} resources in " in errors
    assert "TOKEN=" not in errors


def test_json_is_printed_while_it_serves(
    rehearse: Rehearse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = module._tell

    def pull_then_end(*given: Any) -> None:
        tell(*given)
        (endpoint,) = json.loads(capsys.readouterr().out)["endpoints"]
        with Client.on_loopback(endpoint["host"], endpoint["password"]) as client:
            assert client.pull(endpoint["repository"], "rehearsal-round-trip").blobs
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(module, "_tell", pull_then_end)
    assert rehearse(once=False, json=True) == HELD
    assert capsys.readouterr() == ("", "stopped\n")


def test_a_fault_of_the_rehearsal_itself_is_no_broken_promise(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "promised", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rehearse()


def test_the_bootstrap_exists_before_anything_is_built(
    rehearse: Rehearse, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stood: list[str] = []

    def look(_root: Path, _stack: str, clients: Clients, _told: object) -> Applied:
        iam = clients.root("iam", "us-east-1", account)
        stood.extend(each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
        stood.extend(each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"])
        raise NotApplied("enough was seen")

    monkeypatch.setattr(module, "apply", look)
    assert rehearse() == BROKEN
    assert stood == [
        f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
        f"arn:aws:iam::{account}:policy/container-registry-dev-boundary",
    ]


def test_faulty_settings_are_reported_with_their_place(
    rehearse: Rehearse, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("catalog.yaml", "keep: 10", "keep: 0")
    assert rehearse() == FAULTY_INPUT
    out, errors = capsys.readouterr()
    assert "catalog.yaml:4: repositories.team/app.retention[0].keep: 0 is too small" in errors
    assert out == ""


def test_a_broken_promise_is_exit_code_one_and_named(
    rehearse: Rehearse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(applying.BUILT, LIFECYCLE_POLICY)
    monkeypatch.setitem(applying.NOT_BUILT, LIFECYCLE_POLICY, "forgotten on purpose")
    assert rehearse() == BROKEN
    out = capsys.readouterr().out
    assert "FAILED team/app@us-east-1: the lifecycle policy is accepted, and is as declared" in out
    assert f"not built here: {LIFECYCLE_POLICY} team/app@us-east-1: forgotten on purpose" in out
    assert out.count("FAILED") == 1


def test_what_can_t_be_built_is_exit_code_one(
    rehearse: Rehearse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(applying.BUILT, ALIAS)
    assert rehearse() == BROKEN
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"{ALIAS} registry@us-east-1: no such type is known to the rehearsal")


def test_a_key_that_exists_in_aws_alone_has_a_stand_in(
    rehearse: Rehearse, account: str, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = f"arn:aws:kms:us-east-1:{account}:key/11111111-2222-3333-4444-555555555555"
    protect = "  container-registry:protect: false\n"
    edit("Pulumi.dev.yaml", protect, f"{protect}  container-registry:keys: {{named: {{us-east-1: '{arn}'}}}}\n")
    edit("catalog.yaml", "owner: team\n", "owner: team\n    encryption: {key: named}\n")
    assert rehearse() == HELD
    assert f"stand-in: key {arn} exists in AWS alone" in capsys.readouterr().out


def test_the_arguments_reach_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(__main__, "up", given.append)
    __main__.main(["up", "--stack", "prod"])
    __main__.main(["up", "--stack", "dev", "--once", "--format", "json", "--project", "/there"])
    assert given == [
        Options(project=Path(), stack="prod", once=False, json=False),
        Options(project=Path("/there"), stack="dev", once=True, json=True),
    ]


@pytest.fixture
def told(small: Path) -> Report:
    """A rehearsal of one repository, of which one promise of three did not hold."""
    settings = load(small, "prod")
    (repository,) = settings.repositories
    adopted = replace(settings, repositories=(replace(repository, adopt=True),))
    held = ProofOutcome(
        proof="lifecycles",
        promise="it stands",
        subject="team/app@us-east-1",
        held=True,
        happened="rules: 1",
        seconds=0.0123,
    )
    return Report(
        stack="prod",
        applied=Applied(settings=adopted, built=7, not_built={"aws:x:Y z": "no part"}, outputs={}),
        outcomes=[held, replace(held, proof="pull_grants"), replace(held, subject="registry@us-east-1", held=False)],
        seconds=1.23456,
        control="http://127.0.0.1:1",
        endpoints=[
            Endpoint(
                account="111122223333",
                region=region,
                host=host,
                password="secret",  # noqa: S106
                repository="team/app",
                tag="rehearsal-round-trip",
            )
            for region, host in (("us-east-1", "127.0.0.1:2"), ("eu-west-1", "127.0.0.1:3"))
        ],
    )


def said_by(show: Callable[[Report, Console], None], told: Report) -> list[str]:
    """The lines, without the spaces that set them apart."""
    out = StringIO()
    show(told, Console(file=out, width=160))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


NOT_BUILT = ["aws:x:Y z: no part"]
STOOD_IN = ["repository team/app is adopted: an empty one was created before"]


def test_every_registry_is_an_endpoint(small: Path, cloud: LocalCloud) -> None:
    with Clients(cloud.endpoint) as clients:
        endpoints = _endpoints(load(small, "prod"), clients)
    assert [each.region for each in endpoints] == ["us-east-1", "eu-west-1", "ap-northeast-1"]
    assert len({each.host for each in endpoints}) == 3
    assert {each.repository for each in endpoints} == {"team/app"}


def test_the_text_has_all_of_it(told: Report) -> None:
    assert said_by(report.show, told) == [
        "promise what happened time",
        "team/app@us-east-1",
        "ok it stands rules: 1 12 ms",
        "ok it stands rules: 1 12 ms",
        "registry@us-east-1",
        "NO it stands rules: 1 12 ms",
        *(f"not built here: {each}" for each in NOT_BUILT),
        *(f"stand-in: {each}" for each in STOOD_IN),
        "FAILED registry@us-east-1: it stands",
        "rules: 1",
        "2 of 3 promises held, of 2 repositories, registries, roles and caches; 7 resources built; 1.2 s",
    ]


def test_a_long_name_is_reported_with_its_region(told: Report) -> None:
    """The longest that ECR takes is wider than any table."""
    subject = f"{'a' * 256}@ap-northeast-1"
    lines = said_by(report.show, replace(told, outcomes=[replace(told.outcomes[0], subject=subject)]))
    assert subject in "".join(lines)


def test_the_json_has_all_of_it(told: Report) -> None:
    data: dict[str, Any] = json.loads(report.to_json(told))
    assert [(each["proof"], each["subject"], each["held"]) for each in data.pop("proofs")] == [
        ("lifecycles", "team/app@us-east-1", True),
        ("pull_grants", "team/app@us-east-1", True),
        ("lifecycles", "registry@us-east-1", False),
    ]
    assert [each["region"] for each in data.pop("endpoints")] == ["us-east-1", "eu-west-1"]
    assert data == {
        "version": 1,
        "stack": "prod",
        "held": False,
        "built": 7,
        "not_built": NOT_BUILT,
        "stand_ins": STOOD_IN,
        "seconds": 1.235,
        "control": "http://127.0.0.1:1",
    }


def test_every_registry_is_shown_with_its_commands_and_the_home_with_the_api(told: Report) -> None:
    lines = said_by(report.show_endpoints, told)
    for region, host in (("us-east-1", "127.0.0.1:2"), ("eu-west-1", "127.0.0.1:3")):
        assert f"111122223333 {region}" in lines
        assert f"docker push {host}/team/app:mine-1" in lines
        assert f"podman push --tls-verify=false {host}/team/app:mine-1" in lines
    assert lines[-5:] == [
        "every AWS API of the local cloud",
        *(line.strip() for line in exports("http://127.0.0.1:1", "111122223333", "us-east-1").splitlines()),
        "aws ecr describe-repositories",
    ]


def test_an_empty_catalog_has_no_image_to_show(told: Report) -> None:
    empty = replace(told, endpoints=[replace(each, repository=None) for each in told.endpoints])
    lines = said_by(report.show_endpoints, empty)
    assert "111122223333 eu-west-1" in lines
    assert not [each for each in lines if "docker" in each]
