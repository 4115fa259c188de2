"""`python -m ops registry compose`: the folder of a registry of one's own on this machine, for `make registry`."""

import argparse
import os
import shutil
import subprocess
from itertools import chain
from pathlib import Path

import yaml

from domain.kubernetes.object_names import digest_problems, registry_host_problems
from domain.selfhosted.one_machine import COMPOSE, FOLDERS, IMAGES_PUBLISHED, compose_file, machine_files
from domain.selfhosted.own_registry import CERTIFICATE, HTPASSWD, PRIVATE_KEY, Disk, OwnRegistry, Page
from ops.registry.private_files import PRIVATE_FOLDER, NotWritten, write_private
from render.output import print_text, refuse

_HEAD = "# Written by `python -m ops registry compose`: change its options, or the stack's self_hosted, not this.\n"
_UNPRIVILEGED = 65532
_CERTIFICATE_DAYS = 397
"""What clients take at most: https://support.apple.com/en-us/103769"""


class NoFolder(Exception):
    """Why there is no folder, and what to do."""


def run(options: argparse.Namespace) -> int:
    """0 when the folder has everything, 2 when it is not written."""
    try:
        registry = _of_options(options)
        made = _write(options.folder, registry)
    except (NoFolder, NotWritten) as fault:
        return refuse(fault)
    print_text("\n".join([f"{options.folder}: {COMPOSE}, for https://{registry.host}", *made]))
    return 0


def _of_options(options: argparse.Namespace) -> OwnRegistry:
    host, _, port = options.host.partition(":")
    checks = (registry_host_problems(options.host), digest_problems(options.image), digest_problems(options.page_image))
    for each in chain(*checks):
        raise NoFolder(f"{each.value!r} {each.message} ({each.fix})")
    if str(options.page_port) == (port or str(IMAGES_PUBLISHED)):
        raise NoFolder(f"{options.page_port} is the port of the images, too (write another --page-port)")
    page = Page(
        image=options.page_image, host=f"{host}:{options.page_port}", title=options.host, deletion=options.page_deletion
    )
    return OwnRegistry(
        name="machine", host=options.host, image=options.image, login=None, storage=Disk(), deletion=True, page=page
    )


def _write(folder: Path, registry: OwnRegistry) -> list[str]:
    """What people must know of it beyond its being there."""
    made = list[str]()
    for each in (folder, *(folder / name for name in FOLDERS)):
        _make(each)
    owner = folder.stat()
    if owner.st_uid == 0:
        raise NoFolder(f"{folder} is root's, and no container runs as root (chown -R {_UNPRIVILEGED} {folder})")
    text = yaml.safe_dump(compose_file(registry, f"{owner.st_uid}:{owner.st_gid}"), sort_keys=False, width=1000)
    for name, content in {COMPOSE: f"{_HEAD}{text}", **machine_files(registry)}.items():
        write_private(folder / name, content)
    names = sorted(
        {each.partition(":")[0] for each in (registry.host, *([registry.page.host] if registry.page else []))}
    )
    if not (folder / "tls" / CERTIFICATE).exists():
        _make_certificate(folder / "tls", names)
        made.append(
            f"{folder}/tls/{CERTIFICATE} is signed by itself: put your own in its place, or give it to clients as "
            f"/etc/docker/certs.d/{registry.host}/ca.crt (Docker takes localhost without)"
        )
    if registry.login is None and not (folder / "auth" / HTPASSWD).exists():
        made.append(f"There is no user yet: python -m ops registry user add NAME --file {folder}/auth/{HTPASSWD}")
    return made


def _make(folder: Path) -> None:
    try:
        if folder.is_dir():
            return
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        if os.geteuid() == 0:
            above = folder.parent.stat()
            owner = (above.st_uid, above.st_gid) if folder.name in FOLDERS else (_UNPRIVILEGED, _UNPRIVILEGED)
            os.chown(folder, *owner)
    except OSError as error:
        raise NoFolder(f"{folder} can't be made: {error.strerror}") from None


def _make_certificate(folder: Path, hosts: list[str]) -> None:
    """By openssl, which is nearly everywhere: a package for it would be one more for every user of `ops`."""
    program = shutil.which("openssl")
    if program is None:
        files = f"{folder}/{CERTIFICATE} and {folder}/{PRIVATE_KEY}"
        raise NoFolder(f"there is no certificate, and no openssl to make one (put yours into {files})")
    names = ",".join(f"{'IP' if each.replace('.', '').isdigit() else 'DNS'}:{each}" for each in hosts)
    made = folder / f".{PRIVATE_KEY}", folder / f".{CERTIFICATE}"
    command = [
        program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-sha256",
        "-days", str(_CERTIFICATE_DAYS), "-subj", f"/CN={hosts[0]}", "-addext", f"subjectAltName={names}",
        "-keyout", str(made[0]), "-out", str(made[1]),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell, no input
    try:
        if ended.returncode:
            raise NoFolder(f"openssl made no certificate: {ended.stderr.strip().splitlines()[-1]}")
        for each in made:
            write_private(folder / each.name[1:], each.read_text(encoding="ascii"))
    finally:
        for each in made:
            each.unlink(missing_ok=True)
