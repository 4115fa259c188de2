"""What a backfill decides before it copies, how it waits, and what it says; no registry is asked."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from oci.client import Refused
from ops import __main__ as command
from ops.backfill import native, text
from ops.backfill.inventory import Conflict, Held, Inventory, Work, differences, work
from ops.copy import patience
from ops.copy.copier import Copied
from ops.copy.patience import Pace, Stop, Stopped, has_expired, patiently
from tests.cases import case, cases

START = datetime(2026, 1, 1, tzinfo=UTC)


def held(*digests: str, archived: tuple[str, ...] = (), **tags: str) -> Inventory:
    """The images in the order of their pushes."""
    images = {
        digest: Held(pushed_at=START + timedelta(days=number), archived=digest in archived)
        for number, digest in enumerate(digests)
    }
    return Inventory(images=images, tags=tags)


def nothing_moves(_tag: str) -> bool:
    return False


def test_only_what_is_missing_is_to_be_copied_the_oldest_first() -> None:
    found = work("r", held("b", "a", "c", v1="b", v2="c"), held("c", v2="c"), nothing_moves)
    assert (found.missing, found.tags, found.conflicts, found.archived) == (("b", "a"), {"v1": "b"}, (), 0)


def test_what_is_archived_is_left_alone_with_its_tags() -> None:
    home = held("a", "b", "c", archived=("a", "b"), v1="a", v2="c")
    found = work("r", home, held("b"), nothing_moves)
    assert (found.missing, found.tags, found.archived) == (("c",), {"v2": "c"}, 1)
    assert list(differences("r", home, home, held("b", "c", v2="c"))) == []


def test_a_tag_that_cannot_move_is_a_conflict_and_one_that_can_is_none() -> None:
    home, there = held("a", v1="a", latest="a"), held("b", v1="b", latest="b")
    found = work("r", home, there, lambda tag: tag == "latest")
    assert found.tags == {"latest": "a"}
    assert found.conflicts == (Conflict(tag="v1", here="a", there="b"),)


def test_every_digest_and_every_tag_is_compared() -> None:
    home = held("a", "b", v1="a", v2="b", v3="b")
    assert list(differences("r", home, home, held("a", v1="a", v2="a"))) == [
        "r@b is missing",
        "r:v2 is b at home and a at the replica",
        "r:v3 is b at home and missing at the replica",
    ]
    assert list(differences("r", home, home, home)) == []


def test_what_changed_at_home_meanwhile_is_for_replication() -> None:
    before, after = held("a", "b", latest="a", v1="b"), held("a", "c", latest="c")
    assert list(differences("r", before, after, held("a"))) == []


def refused(status: int, message: str = "") -> Refused:
    return Refused(status, "CODE", message)


@cases(
    "first, again",
    case("throttled", refused(429), 0),
    case("unavailable", refused(503), 0),
    case("cut off", urllib3.exceptions.ProtocolError("cut"), 0),
    case("a login that is none", refused(401), 1),
    case("expired", refused(403, "Your authorization token has expired."), 1),
)
def test_what_passes_is_tried_again(monkeypatch: pytest.MonkeyPatch, first: Exception, again: int) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.0, 0.0))
    answers, logins = [first, first], []

    def call() -> str:
        if answers:
            raise answers.pop()
        return "done"

    assert patiently(call, Stop(), lambda: logins.append(1)) == "done"
    assert len(logins) == 2 * again


def test_what_lasts_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.0, 0.0))
    calls = []

    def call(error: Exception) -> None:
        calls.append(error)
        raise error

    for error, count in ((refused(403, "not authorized"), 1), (refused(404), 1), (refused(503), 3)):
        calls.clear()
        with pytest.raises(Refused):
            patiently(lambda error=error: call(error), Stop(), lambda: None)  # type: ignore[misc]
        assert len(calls) == count
    assert not has_expired(refused(400, "expired"))


def test_every_waiting_call_ends() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        stop.sleep(30)
    assert time.monotonic() - begun < 10
    with pytest.raises(Stopped):
        patiently(lambda: None, stop, lambda: None)


def test_no_more_calls_than_the_pace_allows() -> None:
    pace = Pace(100, Stop())
    begun = time.monotonic()
    for _ in range(21):
        pace.turn()
    assert time.monotonic() - begun >= 0.2


class Ecr:
    """A registry that says these statuses of a backfill, one after another, and is stopped at one of them."""

    class registry:  # noqa: N801
        region, account = "eu-west-1", "111122223333"

    def __init__(self, *statuses: str, running: tuple[str, ...] = (), stop: Stop | None = None) -> None:
        self.statuses, self.running, self.stop = list(statuses), running, stop
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def pages(self, method: str, _key: str, *, size: int) -> list[dict[str, Any]]:
        assert (method, size) == ("list_replication_backfills", 50)
        ours, other = ({"region": "eu-west-1", "registryId": account} for account in ("111122223333", "444455556666"))
        return [
            {"replicationBackfillId": "elsewhere", "destination": other, "status": "IN_PROGRESS"},
            {"replicationBackfillId": "before", "destination": ours, "status": "FAILED"},
            *({"replicationBackfillId": each, "destination": ours, "status": "IN_PROGRESS"} for each in self.running),
        ]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.calls.append((method, parameters))
        if method.startswith("start"):
            return {"replicationBackfillId": "begun", "status": "PREPARING"}
        if self.stop and len(self.statuses) == 1:
            self.stop.set()
        status = self.statuses.pop(0)
        counts = {"totalReplicationCount": 4, "completedReplicationCount": 3, "failedReplicationCount": 1}
        progress = {} if status == "PREPARING" else {"progress": {**counts, "failureCodes": ["Why"]}}
        return {"status": status, **progress}


class Shown:
    """What the progress was."""

    def __init__(self) -> None:
        self.reached: list[tuple[int, int | None]] = []

    def __call__(self, what: str) -> None: ...

    def reach(self, done: int, count: int | None) -> None:
        self.reached.append((done, count))


def backfilled(source: Ecr, shown: Shown | None = None) -> str:
    return native.backfill(source, Ecr(), source.stop or Stop(), shown or Shown())  # type: ignore[arg-type]


def test_amazon_ecrs_own_backfill_is_begun_and_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "WAITS", (0.0,))
    shown, source = Shown(), Ecr("PREPARING", "IN_PROGRESS", "IN_PROGRESS", "FAILED")
    assert backfilled(source, shown) == "Amazon ECR's own backfill begun: FAILED, 3 of 4 replications, 1 failed (Why)."
    there = {"region": "eu-west-1", "registryId": "111122223333"}
    assert source.calls[0] == ("start_replication_backfill", {"destination": there})
    assert source.calls[1][1]["replicationBackfillId"] == "begun"
    assert shown.reached == [(0, None), (3, 4), (3, 4)]
    assert "backfill begun: STOPPED, 0 of 0 replications." in native.backfilled("begun", {"status": "STOPPED"})


def test_one_that_is_under_way_is_followed_and_an_end_leaves_it_to_amazon_ecr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "WAITS", (0.0,))
    source = Ecr("IN_PROGRESS", "COMPLETE", running=("running",))
    assert "backfill running: COMPLETE" in backfilled(source)
    assert [method for method, _ in source.calls] == ["describe_replication_backfill_results"] * 2
    with pytest.raises(Stopped, match=r"aws ecr stop-replication-backfill --region eu-west-1 .*-id begun"):
        backfilled(Ecr("IN_PROGRESS", "IN_PROGRESS", stop=Stop()))


def test_what_is_left_alone_is_reported() -> None:
    some = Work(repository="r", missing=(), tags={}, conflicts=(Conflict(tag="v1", here="a", there="b"),), archived=2)
    printed = "\n".join(text.ended("home", "there", [some], Copied(failed=["r@c: no"]), [], by_ecr=None))
    assert "conflict: r:v1 can't move at the replica, where it is b; at home it is a" in printed
    assert "skipped: 2 images of r archived at home" in printed
    assert "failed: r@c: no" in printed
    assert "All that is not archived of 1 repository is at the replica" in printed


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def absent(_module: str) -> None:
        raise ModuleNotFoundError("No module named 'botocore'", name="botocore")

    monkeypatch.setattr(command, "import_module", absent)
    assert command.main(["backfill", "--stack", "prod", "--region", "eu-west-1"]) == 2
    assert ".[ops]" in capsys.readouterr().err
