"""What copying costs beside skopeo, and that a run which is killed at any moment is finished by the next one."""

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.ecr.images import OCI_MANIFEST
from oci.client import Client
from oci.image import Image, index
from oci.manifest import Blob
from tests.oci.docker_registry import PROGRAM, docker_registry
from tests.oci.registry import registry
from tests.stacks import ROOT

pytestmark = pytest.mark.load
IMAGES, REPOSITORIES = 200, 10
KILLS = 100
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CONFIG = "application/vnd.oci.image.config.v1+json"


def made(number: int) -> Image:
    """Ten layers, seven of them of one of twenty bases."""
    words = [f"base {number % 20} {each}" for each in range(7)] + [f"own {number} {each}" for each in range(3)]
    layers = [Blob(content=hashlib.shake_256(each.encode()).digest(40_000), media_type=_LAYER) for each in words]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [x.digest for x in layers]},
    }
    config_blob = Blob(content=json.dumps(config).encode(), media_type=_CONFIG)
    manifest = {
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config_blob.descriptor,
        "layers": [each.descriptor for each in layers],
    }  # fmt: skip
    return Image(
        manifest=Blob(content=json.dumps(manifest).encode(), media_type=OCI_MANIFEST), blobs=(config_blob, *layers)
    )


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "source").mkdir()
    with docker_registry(tmp_path / "source", {}) as address:
        with Client(address) as client, ThreadPoolExecutor(4) as threads:
            list(
                threads.map(
                    lambda each: client.push(f"team/app{each % REPOSITORIES}", made(each), f"v1.0.{each}"),
                    range(IMAGES),
                )
            )
        yield address.removeprefix("http://")


def mirror(source: str, target: str, folder: Path) -> list[str]:
    file = folder / "mirror.yaml"
    file.write_text(f"rules:\n  - {{source: {source}/team/*, destination: {target}/team/*}}\n", encoding="utf-8")
    return [sys.executable, "-m", "ops", "mirror", str(file)]


def skopeo(source: str, target: str, folder: Path) -> list[str]:
    names = "".join(f"    team/app{each}: []\n" for each in range(REPOSITORIES))
    (folder / "skopeo.yaml").write_text(f"{source}:\n  tls-verify: false\n  images:\n{names}", encoding="utf-8")
    plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
    return [
        "skopeo",
        "sync",
        "--src",
        "yaml",
        "--dest",
        "docker",
        *plain,
        str(folder / "skopeo.yaml"),
        f"{target}/team",
    ]


def run(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory in MiB that the command itself had."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = 0
    while process.poll() is None:  # what wait4 says begins with the memory of the process that forked
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        memory = max(memory, *(int(each) for each in re.findall(r"VmHWM:\s+(\d+)", status)), 0)
        time.sleep(0.05)
    assert process.returncode == 0
    return time.monotonic() - begun, memory / 1024


@pytest.mark.tools
@pytest.mark.skipif(None in map(shutil.which, (PROGRAM, "skopeo")), reason=f"{PROGRAM} and skopeo are not on PATH")
def test_a_mirror_takes_no_longer_than_skopeo_and_little_memory(filled: str, tmp_path: Path) -> None:
    times: dict[Callable[..., list[str]], float] = {}
    for command in (mirror, skopeo):
        folder = tmp_path / command.__name__
        folder.mkdir()
        with docker_registry(folder, {}) as target:
            times[command], used = run(command(filled, target.removeprefix("http://"), folder))
            if command is mirror:
                memory = used
                again, _ = run(command(filled, target.removeprefix("http://"), folder))
                with Client(target) as client:
                    assert client.digest("team/app7", "v1.0.7") == made(7).digest
    print(f"mirror {times[mirror]:.1f} s, again {again:.1f} s, {memory:.0f} MiB; skopeo {times[skopeo]:.1f} s")
    assert times[mirror] <= 1.3 * times[skopeo]
    assert again <= 10 * IMAGES / 1000 + 5
    assert memory < 200


def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next_one(tmp_path: Path) -> None:
    chance = random.Random(18)  # noqa: S311
    with registry() as source, registry() as target:
        several = [index(f"killed {each}") for each in range(6)]
        with Client(source.address) as client:
            for number, each in enumerate(several):
                client.push("team/several", each, f"v{number}")
                client.push("team/one", made(number), f"v{number}")
        command = mirror(source.address[7:], target.address[7:], tmp_path)
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.3, 1.2))
            killed += process.poll() is None
            process.kill()
            process.wait()
            for repository, tags in target.tags.items():
                for digest in tags.values():
                    _is_whole(target.manifests, target.blobs, repository, digest)
            if chance.random() < 0.3:  # begin anew, so that each part of a run is met
                for held in (target.tags, target.manifests, target.blobs):
                    held.clear()
        assert killed > KILLS // 2
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        assert target.tags == source.tags
        assert target.manifests == source.manifests
        assert target.blobs == source.blobs


def _is_whole(
    manifests: dict[tuple[str, str], tuple[str, bytes]], blobs: dict[tuple[str, str], bytes], name: str, digest: str
) -> None:
    """Everything that a tag names is there."""
    data = json.loads(manifests[name, digest][1])
    for each in data.get("manifests", ()):
        _is_whole(manifests, blobs, name, each["digest"])
    assert {each["digest"] for each in (*data.get("layers", ()), *([data["config"]] if "config" in data else ()))} <= {
        held for of, held in blobs if of == name
    }
