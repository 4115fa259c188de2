"""Without a token nobody comes in."""

from http import HTTPStatus

from rehearsal.oci.client import Client, Refused
from rehearsal.oci.image import image
from rehearsal.proving.case import Broken, Case

PROMISE = "nobody pulls or pushes without a login"


def prove(case: Case) -> str:
    digest = case.push(image(f"{case.subject} anonymous"), "rehearsal-anonymous")
    with Client(case.host) as nobody:
        for what, attempt in (
            ("pulled", lambda: nobody.manifest(case.name, digest)),
            ("pushed", lambda: nobody.push(case.name, image("nobody"), "rehearsal-nobody")),
        ):
            try:
                attempt()
            except Refused as refused:
                if refused.status != HTTPStatus.UNAUTHORIZED:
                    raise
            else:
                raise Broken(f"{what} with no login at all")
    return "401 for a pull and for a push"
