"""`python -m rehearsal up`: what it says of what it found, and its exit code."""

import json
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from localcloud.clients import Clients, exports
from localcloud.cloud import LocalCloud
from localcloud.server import bound, port_of
from oci.client import Client
from oci.image import image
from rehearsal import __main__, report
from rehearsal import up as module
from rehearsal.apply import applying
from rehearsal.apply.applying import Applied, NotApplied
from rehearsal.proofs.harness.run import ProofOutcome
from rehearsal.report import Endpoint, Report
from rehearsal.up import BROKEN, FAULTY_INPUT, HELD, Options, _endpoints, up
from render.progress_bar import progress_bar
from resources.ecr import LIFECYCLE_POLICY
from resources.kms import ALIAS
from settings import load
from tests.cases import cases
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
    assert {each["subject"] for each in told["proofs"]} == {f"{each}@us-east-1" for each in ("team/app", "registry")}
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
            assert client.pull(endpoint["repository"], "rehearsal-sample").blobs
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(module, "_tell", pull_then_end)
    assert rehearse(once=False, json=True) == HELD
    assert capsys.readouterr() == ("", "stopped\n")


def test_what_proofs_left_is_gone_and_ports_and_token_are_those_that_were_asked_for(start: Start) -> None:
    with bound() as free:
        port = port_of(free) // 2  # below those that are given out
    token = "my-own-token"  # noqa: S105
    asked = ("--port", str(port), "--token", token, "--format", "json")
    with waiting_for("]\n}", start(*asked)) as (serving, said):
        data = json.loads(said)
        (endpoint,) = data["endpoints"]
        assert data["control"] == f"http://127.0.0.1:{port}"
        assert port < int(endpoint["host"].partition(":")[2]) < port + 10
        assert endpoint["password"] == token
        with Client.on_loopback(endpoint["host"], token) as client:
            assert client.push("team/app", image("mine"), "mine-1")
        with Clients(data["control"]) as clients:
            ecr = clients.root("ecr", "us-east-1", endpoint["account"])
            left = {each.get("imageTag") for each in ecr.list_images(repositoryName="team/app")["imageIds"]}
            assert left == {"mine-1", "rehearsal-sample"}
            assert [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]] == ["team/app"]
            for account in (endpoint["account"], "444455556666"):  # its own, and one that pulls
                iam = clients.root("iam", "us-east-1", account)
                assert (iam.list_roles()["Roles"], iam.list_users()["Users"]) == ([], [])
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(5) == 0


def test_what_came_while_it_was_proven_is_removed_and_what_was_there_stays(
    rehearse: Rehearse, cloud: LocalCloud, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Clients(cloud.endpoint) as clients:
        ecr = clients.root("ecr", "us-east-1", account)
        ecr.create_repository(repositoryName="before")
        prove = module._prove

        def prove_and_leave(*given: Any) -> Any:
            ecr.create_repository(repositoryName="left")
            return prove(*given)

        def names(*_: object) -> None:
            found.extend(each["repositoryName"] for each in ecr.describe_repositories()["repositories"])
            signal.raise_signal(signal.SIGTERM)

        found: list[str] = []
        monkeypatch.setattr(module, "_prove", prove_and_leave)
        monkeypatch.setattr(module, "_tell", names)
        assert rehearse(once=False) == HELD
    assert sorted(found) == ["before", "team/app"]


def test_one_repository_alone_is_proven(rehearse: Rehearse, edit: Edit, capsys: pytest.CaptureFixture[str]) -> None:
    push = "    push: [{github: acme/other, refs: [refs/heads/main]}]\n"
    other = f"  team/other:\n    owner: team\n    retention: [{{any: true, keep: 3}}]\n{push}"
    edit("catalog.yaml", "repositories:\n", f"repositories:\n{other}")
    edit("catalog.yaml", "    pull:", f"{push.replace('other', 'app')}    pull:")
    assert rehearse(json=True, repository="team/app") == HELD
    subjects = {each["subject"] for each in json.loads(capsys.readouterr().out)["proofs"]}
    assert subjects == {"team/app@us-east-1", "dev.acme.app+branch-main"}


def test_a_repository_that_is_not_declared(rehearse: Rehearse, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse(repository="team/ap") == FAULTY_INPUT
    assert capsys.readouterr() == ("", "the stack declares no repository 'team/ap' (did you mean 'team/app'?)\n")


def test_a_port_that_another_program_has(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bound() as taken:
        options = Options(project=small, stack="dev", once=True, json=False, port=port_of(taken))
        assert up(options) == FAULTY_INPUT
    assert "can't be opened: Address already in use; give another --port" in capsys.readouterr().err


@cases("token", "short", "with a blank", "$(id)-in-a-shell")
def test_a_token_that_a_shell_would_not_take(token: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        __main__.main(["up", "--stack", "dev", "--token", token])
    assert "is not a token: write 8 to 128 letters" in capsys.readouterr().err


def test_the_progress_has_one_width_whatever_is_being_done() -> None:
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    with progress_bar(console) as bar:
        task = bar.add_task("proving", total=119, detail="")
        for done in (0, 7, 70):
            for detail in ("", "short", f"payments/api@us-east-1: {'a long promise ' * 20}"):
                bar.update(task, completed=done, detail=detail)
                (line,) = console.render_lines(bar.get_renderable())
                text = "".join(each.text for each in line)
                assert len(text) == 80
                assert text[1:].startswith(" proving ")
                assert text.index("/119") == 24


def test_a_fault_of_the_rehearsal_itself_is_no_broken_promise(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "promised", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rehearse()


def test_the_bootstrap_exists_before_anything_is_built(
    rehearse: Rehearse, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stood: list[str] = []

    def look(_root: Path, _stack: str, clients: Clients, *_more: object, **_of_endpoints: object) -> Applied:
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
    more = ("--verbose", "--repository", "team/app", "--port", "5000", "--token", "my-own-token")
    __main__.main(["up", "--stack", "dev", *more])
    plain = Options(project=Path(), stack="dev", once=False, json=False)
    assert given == [
        replace(plain, stack="prod"),
        replace(plain, project=Path("/there"), once=True, json=True),
        replace(plain, verbose=True, repository="team/app", port=5000, token="my-own-token"),  # noqa: S106
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
                tag="rehearsal-sample",
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
STOOD_IN = [
    "log group organization-trail exists in AWS alone: an empty one was created before",
    "queue arn:aws:sqs:us-east-1:222233334444:registry-events exists in AWS alone: an empty one was created before",
    "endpoint https://pager.acme.example/registry was replaced by an HTTP server on loopback",
    "repository team/app is adopted: an empty one was created before",
]
NOT_DELIVERED = ["e-mail to platform@acme.example: declared, and no mail leaves a rehearsal"]


def test_every_registry_is_an_endpoint(small: Path, cloud: LocalCloud) -> None:
    own = Options(project=small, stack="prod", once=True, json=False, token="my-own-token")  # noqa: S106
    settings = load(small, "prod")
    with Clients(cloud.endpoint) as clients:
        endpoints = _endpoints(own, settings, clients)
        (other,) = _endpoints(own, replace(settings, registries=settings.registries[1:2]), clients)
    assert [each.region for each in endpoints] == ["us-east-1", "eu-west-1", "ap-northeast-1"]
    assert len({each.host for each in endpoints}) == 3
    assert {(each.repository, each.password) for each in endpoints} == {("team/app", "my-own-token")}
    assert other.region == "eu-west-1"


def test_each_account_has_its_own_fixed_password(small: Path) -> None:
    own = Options(project=small, stack="prod", once=True, json=False, token="my-own-token")  # noqa: S106
    settings = load(small, "prod")
    passwords = [own.password(settings, each) for each in (settings.home.account, "444455556666")]
    assert passwords == ["my-own-token", "my-own-token-444455556666"]
    assert replace(own, token=None).password(settings, "444455556666") is None


SUMS = [
    *(f"not built here: {each}" for each in NOT_BUILT),
    *(f"stand-in: {each}" for each in STOOD_IN),
    *(f"not delivered: {each}" for each in NOT_DELIVERED),
    "2 of 3 promises held; 7 resources built; 1.2 s",
]


def test_what_is_not_built_is_a_line_a_reason(told: Report) -> None:
    many = {f"kubernetes:x:Y {number}": "proven elsewhere" for number in range(7)} | {"aws:x:Y z": "no part"}
    report_of = replace(told, applied=replace(told.applied, not_built=many))
    lines = [each for each in said_by(report.show, report_of) if each.startswith("not built")]
    assert lines == [
        "not built here: 7 resources (--verbose names them): proven elsewhere",
        "not built here: aws:x:Y z: no part",
    ]
    all_of_them = [each for each in said_by(partial(report.show, verbose=True), report_of) if "not built" in each]
    assert len(all_of_them) == len(many)


def test_a_line_for_each_repository_and_what_failed_last(told: Report) -> None:
    assert said_by(report.show, told) == [
        "ok team/app 2 promises 0.0 s",
        "NO registry 1 promise 0.0 s",
        "FAILED registry@us-east-1: it stands",
        "rules: 1",
        *SUMS,
    ]


def test_the_regions_of_a_repository_are_one_line(told: Report) -> None:
    held = told.outcomes[0]
    regions = [replace(held, subject=f"team/app@{each}", seconds=0.26) for each in ("us-east-1", "eu-west-1")]
    assert said_by(report.show, replace(told, outcomes=regions))[0] == "ok team/app 2 promises 0.5 s"


def test_every_promise_is_printed_on_request(told: Report) -> None:
    def verbose(told: Report, console: Console) -> None:
        report.show(told, console, verbose=True)

    assert said_by(verbose, told) == [
        "ok team/app@us-east-1 2 promises 0.0 s",
        *["ok it stands (12 ms)", "rules: 1"] * 2,
        "NO registry@us-east-1 1 promise 0.0 s",
        "FAILED registry@us-east-1: it stands (12 ms)",
        "rules: 1",
        *SUMS,
    ]


@cases("terminal, longest", (True, 80), (False, 300))
def test_lines_fit_a_terminal_and_are_whole_in_a_pipe_without_padding(
    told: Report, terminal: bool, longest: int
) -> None:
    broken = replace(told.outcomes[-1], happened="word " * 56 + "end", subject="a-rather/long-name@ap-northeast-1")
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=terminal, color_system=None)
    report.show(replace(told, outcomes=[*told.outcomes, broken]), console)
    lines = out.getvalue().splitlines()
    assert (longest - 20) < max(map(len, lines)) <= longest
    assert [each for each in lines if each != each.rstrip()] == []


def test_a_long_name_is_whole(told: Report) -> None:
    """The longest that ECR takes is wider than any column."""
    name = "a" * 256
    outcomes = [replace(told.outcomes[0], subject=f"{name}@ap-northeast-1")]
    assert said_by(report.show, replace(told, outcomes=outcomes))[0].startswith(f"ok {name} ")


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
        "not_delivered": NOT_DELIVERED,
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
