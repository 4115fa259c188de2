"""All that somebody could do to a repository's images, tried one by one by those who may not."""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.oci.client import Client, Refused
from rehearsal.oci.image import Image
from rehearsal.proving.case import Broken, Case

Try = Callable[[Client, str, Image], object]
"""By a client, in a repository, with an image that stands there."""

PULLS: dict[str, Try] = {
    "pulled a manifest": lambda client, name, image: client.manifest(name, image.digest),
    "pulled a layer": lambda client, name, image: client.check_blob(name, image.blobs[-1].digest),
}
CHANGES: dict[str, Try] = {
    "began to push a layer": lambda client, name, _image: client.begin_upload(name),
    "pushed a manifest": lambda client, name, image: client.put_manifest(name, image.manifest, "rehearsal-intruder"),
    "deleted an image": lambda client, name, image: client.delete_manifest(name, image.digest),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intruder:
    """Somebody who may not; no password is nobody at all."""

    who: str
    password: str | None


def require_refused(
    case: Case, intruder: Intruder, standing: Image, tries: dict[str, Try], refused: Callable[[Refused], bool]
) -> None:
    """Raises Broken with the first try that works, and what is refused in another way than `refused` knows."""
    with Client(case.host, intruder.password) as client:
        for what, attempt in tries.items():
            try:
                attempt(client, case.name, standing)
            except Refused as refusal:
                if not refused(refusal):
                    raise
            else:
                raise Broken(f"{intruder.who} {what}, and nothing grants it")
