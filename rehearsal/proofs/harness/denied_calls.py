"""All that somebody could do to a repository's images, tried one by one by those who may not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import ClientError

from oci.client import Client, Refused
from oci.image import Image
from rehearsal.proofs.harness.case import DENIED, Broken, Case

Try = Callable[[Client, str, Image], object]
"""By a client, in a repository, with an image that stands there."""

PULLS: dict[str, Try] = {
    "pulled a manifest": lambda client, name, image: client.manifest(name, image.digest),
    "pulled a layer": lambda client, name, image: client.check_blob(name, image.blobs[-1].digest),
}
CHANGES: dict[str, Try] = {
    "began to push a layer": lambda client, name, _image: client.begin_upload(name),
    "pushed a manifest": lambda client, name, image: client.put_manifest(name, image.manifest, _tag_of(image)),
    "deleted an image": lambda client, name, image: client.delete_manifest(name, image.digest),
}


def _tag_of(image: Image) -> str:
    """One for each image, so that no tag is refused because it is in use."""
    return f"rehearsal-intruder-{image.digest[-8:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedPrincipal:
    """Somebody who may not; no password is nobody at all."""

    who: str
    password: str | None

    def is_denied(self, refusal: Refused) -> bool:
        """Whether it is refused because of who comes."""
        return refusal.status == HTTPStatus.UNAUTHORIZED if self.password is None else refusal.code == DENIED


def require_refused(case: Case, denied: DeniedPrincipal, standing: Image, tries: dict[str, Try]) -> None:
    """Raises Broken with the first try that works, and what is refused in another way than such an denied is."""
    with Client.on_loopback(case.host, denied.password) as client:
        require_refused_in(case.name, client, denied, standing, tries)


def require_refused_in(
    name: str, client: Client, denied: DeniedPrincipal, standing: Image, tries: dict[str, Try]
) -> None:
    """The same in one repository, with a client that is there already."""
    for what, attempt in tries.items():
        try:
            attempt(client, name, standing)
        except Refused as refusal:
            if not denied.is_denied(refusal):
                raise
        else:
            raise Broken(f"{denied.who} {what}, and nothing grants it")


def require_denied(who: str, calls: Mapping[str, Callable[[], object]], code: str = "AccessDeniedException") -> None:
    """Of calls to AWS's API: raises Broken with the first that is answered, and what is refused with another code."""
    for what, call in calls.items():
        try:
            call()
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] != code:
                raise
        else:
            raise Broken(f"{who} {what}, and nothing grants it")
