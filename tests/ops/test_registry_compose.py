"""The folder of `make registry`: what is in it, for whom, and what compose makes of it."""

import json
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.__main__ import main
from tests.cases import case, cases


def compose(folder: Path, *words: str) -> dict[str, Any]:
    assert main(["registry", "compose", str(folder), *words]) == 0
    return dict(yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "registry"


def test_each_container_has_the_rights_of_the_folders_owner_and_no_more(folder: Path) -> None:
    services = compose(folder)
    owner = folder.stat()
    assert owner.st_uid != 0
    assert set(services) == {"registry", "collect", "page"}
    for name, each in services.items():
        assert each["user"] == f"{owner.st_uid}:{owner.st_gid}", name
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert "@sha256:" in each["image"], name
        writable = [mount for mount in each["volumes"] if not mount.endswith(":ro")]
        assert writable == ([] if name == "page" else ["./data:/var/lib/registry"]), name
    for each in (folder, *folder.rglob("*")):
        assert each.stat().st_mode & 0o077 == 0, each
        assert each.stat().st_uid == owner.st_uid, each


def test_the_registry_is_what_the_issue_asks_for(folder: Path) -> None:
    compose(folder)
    writable, frozen = (json.loads((folder / f"config/{name}.json").read_text()) for name in ("registry", "read-only"))
    assert writable["auth"]["htpasswd"]["path"] == "/etc/registry-auth/htpasswd"
    assert writable["http"]["tls"]["minimumtls"] == "tls1.2"
    assert writable["http"]["debug"]["prometheus"] == {"enabled": True, "path": "/metrics"}
    assert writable["storage"]["delete"] == {"enabled": True}
    assert "cache" not in writable["storage"]
    modes = [each["storage"]["maintenance"]["readonly"]["enabled"] for each in (writable, frozen)]
    assert modes == [False, True]


def test_what_is_for_this_machine_alone_is_served_on_loopback(folder: Path) -> None:
    ports = {name: each.get("ports") for name, each in compose(folder).items()}
    assert ports["registry"] == ["127.0.0.1:5000:5000", "127.0.0.1:5001:5001"]
    assert ports["page"] == ["127.0.0.1:8443:8080"]
    others = compose(folder, "--host", "registry.acme.example", "--page-port", "9443")
    assert others["registry"]["ports"] == ["0.0.0.0:443:5000", "127.0.0.1:5001:5001"]
    assert others["page"]["ports"] == ["0.0.0.0:9443:8080"]


def test_a_certificate_and_users_that_are_there_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose(folder)
    said = capsys.readouterr().out
    assert f"There is no user yet: python -m ops registry user add NAME --file {folder}/auth/htpasswd" in said
    (folder / "auth/htpasswd").write_text("kept", encoding="utf-8")
    certificate = (folder / "tls/tls.crt").read_text(encoding="ascii")
    ssl.create_default_context(cadata=certificate)
    compose(folder)
    assert (folder / "tls/tls.crt").read_text(encoding="ascii") == certificate
    assert (folder / "auth/htpasswd").read_text(encoding="utf-8") == "kept"
    assert capsys.readouterr().out == f"{folder}: compose.yaml, for https://localhost:5000\n"


@cases(
    "words, message",
    case("tag", ["--image", "docker.io/library/registry:3"], "'docker.io/library/registry:3' is not an image by its"),
    case("page's tag", ["--page-image", "joxit/docker-registry-ui:latest"], "is not an image by its digest"),
    case("no host", ["--host", "registry"], "'registry' is not the host of a registry"),
    case("a shell's", ["--host", "x.example'; reboot"], "is not the host of a registry"),
    case("one port", ["--page-port", "5000"], "5000 is the port of the images, too"),
)
def test_what_is_refused_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["registry", "compose", str(folder), *words]) == 2
    assert message in capsys.readouterr().err
    assert not folder.exists()


def test_no_openssl_is_no_certificate_and_no_excuse(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["registry", "compose", str(folder)]) == 2
    assert f"(put yours into {folder}/tls/tls.crt and {folder}/tls/tls.key)" in capsys.readouterr().err


@pytest.mark.tools
@cases("program", "docker-compose", "check-jsonschema")
def test_compose_takes_the_file(folder: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on PATH")
    file = folder / "compose.yaml"
    compose(folder, "--page-deletion")
    words = {
        "docker-compose": ["-f", str(file), "config", "-q"],
        "check-jsonschema": ["--builtin-schema", "vendor.compose-spec", str(file)],
    }[program]
    assert subprocess.run([program, *words], capture_output=True, check=False).returncode == 0
    file.write_text(file.read_text(encoding="utf-8").replace("read_only:", "readonly:"), encoding="utf-8")
    assert subprocess.run([program, *words], capture_output=True, check=False).returncode != 0
