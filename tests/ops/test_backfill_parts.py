"""What a backfill decides before it copies, how it waits, and what it says; no registry is asked."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from oci.client import Refused
from ops import __main__ as command
from ops.backfill import native, patience, text
from ops.backfill.copying import Copied
from ops.backfill.inventory import Conflict, Held, Inventory, Work, differences, work
from ops.backfill.patience import Pace, Stop, Stopped, has_expired, patiently
from ops.backfill.registry import Unavailable

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


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param(refused(429), 0, id="throttled"),
        pytest.param(refused(503), 0, id="unavailable"),
        pytest.param(urllib3.exceptions.ProtocolError("cut"), 0, id="cut off"),
        pytest.param(refused(401), 1, id="a login that is none"),
        pytest.param(refused(403, "Your authorization token has expired."), 1, id="expired"),
    ],
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


def test_whoever_waits_hears_of_the_end() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.ask).start()
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
    """A registry whose client knows these operations."""

    class place:  # noqa: N801
        region, account = "eu-west-1", "111122223333"

    def __init__(self, *operations: str, ends: tuple[str, ...] = (), error: str = "") -> None:
        self.operations, self.ends, self.error = operations, list(ends), error
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def offers(self, operation: str) -> bool:
        return operation in self.operations

    def call(self, method: str, **parameters: Any) -> dict[str, str]:
        if self.error:
            raise Unavailable(self.error)
        self.calls.append((method, parameters))
        return {"replicationBackfillId": "one"} if method.startswith("start") else {"status": self.ends.pop(0)}


BOTH = ("StartReplicationBackfill", "DescribeReplicationBackfillResults")


def backfilled(source: Ecr) -> str | None:
    return native.backfill(source, Ecr(), Stop(), lambda *_, **__: None)  # type: ignore[arg-type]


def test_amazon_ecrs_own_backfill_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_SECONDS", 0.0)
    assert backfilled(Ecr()) is None
    assert backfilled(Ecr(BOTH[0])) is None
    source = Ecr(*BOTH, ends=("PREPARING", "IN_PROGRESS", "COMPLETE"))
    assert backfilled(source) == "Amazon ECR's own backfill one ended as COMPLETE"
    assert source.calls[0] == (
        "start_replication_backfill",
        {"destination": {"region": "eu-west-1", "registryId": "111122223333"}},
    )
    assert source.calls[1][1]["replicationBackfillId"] == "one"
    assert backfilled(Ecr(*BOTH, error="denied")) == "Amazon ECR's own backfill is not used: denied"


def test_what_is_left_alone_is_told() -> None:
    some = Work(repository="r", missing=(), tags={}, conflicts=(Conflict(tag="v1", here="a", there="b"),), archived=2)
    told = "\n".join(text.ended("home", "there", [some], Copied(failed=["r@c: no"]), []))
    assert "conflict: r:v1 can't move at the replica, where it is b; at home it is a" in told
    assert "skipped: 2 images of r archived at home" in told
    assert "failed: r@c: no" in told
    assert "All that is not archived of 1 repository is at the replica" in told


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(_module: str) -> None:
        raise ModuleNotFoundError("No module named 'botocore'", name="botocore")

    monkeypatch.setattr(command, "import_module", absent)
    assert command.main(["backfill", "--stack", "prod", "--region", "eu-west-1"]) == 2
    assert "requirements-ops.txt" in capsys.readouterr().err
