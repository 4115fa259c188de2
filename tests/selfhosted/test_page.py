"""The page in Chromium, through the nginx configuration that is generated: log in, list, open, delete where allowed.

The page's own program is not in a package registry (AGPL): a page of ours stands in for it, with the same values."""

import base64
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from oci.client import Client, Refused
from oci.image import image
from oci.transport import Connection
from tests.cases import cases
from tests.oci.docker_registry import PROGRAM, Identity
from tests.oci.registry import SECRET, USER
from tests.review.page.browser import PROGRAM as BROWSER
from tests.review.page.browser import Tab, chromium
from tests.selfhosted.served import NGINX_PROGRAM, Machine
from tests.selfhosted.test_served import KEPT, LOGIN

_PARTS = {"chromium": BROWSER, PROGRAM: shutil.which(PROGRAM), "nginx": NGINX_PROGRAM}
_MISSING = [name for name, program in _PARTS.items() if program is None]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(_MISSING), reason=f"{_MISSING} not on PATH")]

IMAGE = image("page")
ROWS = "[...document.querySelectorAll('tr')].map((row) => row.innerText)"
_SECONDS, _OWN = 20, 1_000_000


class Visitor:
    """Someone before the page, who is asked for a login by the browser."""

    def __init__(self, tab: Tab, login: tuple[str, str] | None) -> None:
        self.tab, self.asked, self._login = tab, 0, login
        self._receive, tab.receive = tab.receive, self._answering
        for domain in ("Page", "Network", "Log", "Runtime"):
            tab.call(f"{domain}.enable")
        tab.call("Security.setIgnoreCertificateErrors", ignore=True)
        tab.call("Fetch.enable", handleAuthRequests=True, patterns=[{"urlPattern": "*"}])

    def sees(self, expression: str) -> object:
        """What an expression is, once it is something."""
        until = time.monotonic() + _SECONDS
        while not (found := self.tab.value(expression)):
            assert time.monotonic() < until, (expression, self.tab.value("document.body.innerText"))
            time.sleep(0.05)
        return found

    def _answering(self) -> Mapping[str, Any]:
        """What the browser says next; its questions are answered at once, and the answers to that are no one's."""
        while (message := self._receive()).get("id") == _OWN:
            pass
        asked = message.get("params", {}).get("requestId")
        if message.get("method") == "Fetch.authRequired":
            self.asked += 1
            given: dict[str, str] = {"response": "CancelAuth"}
            if self._login and self.asked == 1:
                user, password = self._login
                given = {"response": "ProvideCredentials", "username": user, "password": password}
            self._say("Fetch.continueWithAuth", requestId=asked, authChallengeResponse=given)
        elif message.get("method") == "Fetch.requestPaused":
            self._say("Fetch.continueRequest", requestId=asked)
        return message

    def _say(self, method: str, **params: object) -> None:
        self.tab.send({"id": _OWN, "method": method, "params": params})


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("machine"), KEPT, Identity.made())
    with made.serving():
        yield made


@pytest.fixture
def client(machine: Machine) -> Iterator[Client]:
    with Client(machine.url, LOGIN, Connection(ca_file=machine.certificate)) as made:
        made.push("acme/page", IMAGE, "v1")
        yield made


@contextmanager
def visiting(machine: Machine, login: tuple[str, str] | None = (USER, SECRET), *, deletion: bool) -> Iterator[Visitor]:
    """A browser of its own: one keeps the login that it was given."""
    with machine.page(deletion=deletion), chromium() as tab:
        visitor = Visitor(tab, login)
        tab.call("Page.navigate", url=f"{machine.page_url}/")
        yield visitor


def test_who_logs_in_lists_and_opens_and_can_delete_nothing(machine: Machine, client: Client, tmp_path: Path) -> None:
    with visiting(machine, deletion=False) as visitor:
        assert visitor.sees(ROWS) == [f"{KEPT.host}/acme/page:v1\tOpen"]
        assert visitor.asked == 1
        assert visitor.tab.value("document.title") == "Images"
        visitor.tab.value("document.querySelector('button').click()")
        assert visitor.sees("document.querySelector('code')?.textContent") == IMAGE.digest
        assert visitor.tab.value("[...document.querySelectorAll('button')].map((each) => each.textContent)") == ["Open"]
        path = f"/v2/acme/page/manifests/{IMAGE.digest}"
        visitor.tab.value(
            f"void fetch('{path}', {{ method: 'DELETE' }}).then((answer) => window.status = answer.status)"
        )
        assert visitor.sees("window.status") == "403"
        assert client.digest("acme/page", "v1") == IMAGE.digest
        _met_no_other(visitor, machine)
        picture(visitor, tmp_path, "listed")


def test_where_it_is_allowed_a_button_deletes(machine: Machine, client: Client, tmp_path: Path) -> None:
    client.push("acme/page", other := image("deleted"), "v2")
    with visiting(machine, deletion=True) as visitor:
        rows = visitor.sees(ROWS)
        assert isinstance(rows, list)
        assert len(rows) == 2
        visitor.tab.value("document.querySelectorAll('tr')[1].querySelector('button').click()")
        assert visitor.sees("document.querySelector('code')?.textContent") == other.digest
        picture(visitor, tmp_path, "opened")
        visitor.tab.value("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Delete').click()")
        assert visitor.sees("document.querySelectorAll('tr').length === 1") is True
        assert client.digest("acme/page", "v2") is None
        assert client.digest("acme/page", "v1") == IMAGE.digest
        _met_no_other(visitor, machine)
        picture(visitor, tmp_path, "deleted")


@cases("login", None, (USER, "wrong"))
def test_who_does_not_log_in_sees_nothing(
    machine: Machine, client: Client, tmp_path: Path, login: tuple[str, str] | None
) -> None:
    assert client.digest("acme/page", "v1") == IMAGE.digest
    with visiting(machine, login, deletion=False) as visitor:
        assert visitor.sees("document.querySelector('[role=alert]')?.textContent") == "GET /v2/_catalog: 401"
        assert visitor.tab.value(ROWS) == []
        picture(visitor, tmp_path, "refused")


def test_the_page_speaks_with_no_other_address(machine: Machine, client: Client) -> None:
    """The registry's own, which it could reach: the policy of the page refuses it."""
    assert client.digest("acme/page", "v1") == IMAGE.digest
    with visiting(machine, deletion=False) as visitor:
        visitor.sees(ROWS)
        visitor.tab.value(f"void fetch('{machine.url}/v2/').catch((error) => window.refused = error.name)")
        assert visitor.sees("window.refused") == "TypeError"
        assert any("Content Security Policy" in each for each in visitor.tab.reported)


@cases("method", "PUT", "POST", "PATCH")
def test_nothing_is_pushed_through_it(machine: Machine, client: Client, method: str) -> None:
    with machine.page(deletion=True), urllib3.PoolManager(ca_certs=str(machine.certificate)) as pool:
        login = {"Authorization": f"Basic {base64.b64encode(f'{USER}:{SECRET}'.encode()).decode()}"}
        path = f"{machine.page_url}/v2/acme/page/manifests/v9"
        assert pool.request(method, path, headers=login, body=IMAGE.manifest.content).status == 403
    with pytest.raises(Refused):
        client.manifest("acme/page", "v9")


def _met_no_other(visitor: Visitor, machine: Machine) -> None:
    met = {each for each in visitor.tab.requested if not each.startswith(("about:", "data:"))}
    assert met
    assert {each for each in met if not each.startswith(f"{machine.page_url}/")} == set()


def picture(visitor: Visitor, folder: Path, name: str) -> None:
    taken = visitor.tab.picture()
    assert taken.startswith(b"\x89PNG")
    (folder / f"{name}.png").write_bytes(taken)
