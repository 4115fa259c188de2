"""`python -m ops mirror` and `ops migrate`: what rules select, what is copied, and what a check finds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from oci.image import image, index
from oci.manifest import Blob
from ops.mirror.rules import MirrorRule
from ops.mirror.selection import selected_tags
from tests.cases import case, cases
from tests.oci.referring import signature_of
from tests.ops.registry_pair import RegistryPair, registry_pair

SEVERAL = index("mirrored", ("amd64", "arm64", "s390x"))
TAGS = ("v1.9.0", "v2.0.0-rc.1", "v2.0.0", "v2.1.0", "main", "latest")


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[RegistryPair]:
    """Two repositories under team/, and one elsewhere."""
    with registry_pair(tmp_path, monkeypatch, capsys) as made:
        with made.client(made.source) as client:
            for tag in TAGS:
                client.push("team/app", image(tag, layers=2), tag)
            client.push("team/base", SEVERAL, "v1.0.0")
            client.push("other/app", image("other"), "v1.0.0")
        yield made


def mirror(pair: RegistryPair, folder: Path, rules: str, *options: str) -> int:
    file = folder / "mirror.yaml"
    file.write_text(pair.named(rules), encoding="utf-8")
    return pair.run("mirror", str(file), *options)


def rule(**keys: object) -> MirrorRule:
    return MirrorRule.model_validate({"source": "ghcr.io/acme/app", "destination": "docker.io/acme/app", **keys})


@cases(
    "keys, selected",
    case("all, versions first", {}, ["v1.9.0", "v2.0.0-rc.1", "v2.0.0", "v2.1.0", "latest", "main"]),
    case("a pattern", {"tags": ["v2.*"]}, ["v2.0.0-rc.1", "v2.0.0", "v2.1.0"]),
    case("all but a pattern", {"tags": ["!v*"]}, ["latest", "main"]),
    case("a pattern but another", {"tags": ["v*", "!*-rc*"]}, ["v1.9.0", "v2.0.0", "v2.1.0"]),
    case("a range", {"versions": ">=2"}, ["v2.0.0", "v2.1.0"]),
    case("the newest", {"newest": 2}, ["v2.0.0", "v2.1.0"]),
    case("the newest of a range", {"versions": "<2.1", "newest": 1}, ["v2.0.0"]),
    case("none", {"versions": ">=3"}, []),
)
def test_tags_are_selected(keys: dict[str, object], selected: list[str]) -> None:
    fallback = "sha256-" + "0" * 64
    assert selected_tags(rule(**keys), [*reversed(TAGS), fallback]) == selected


def test_two_tags_of_one_version_count_once() -> None:
    assert selected_tags(rule(newest=2), ["v1.0.0", "1.0.0", "v2.0.0", "v3.0.0"]) == ["v2.0.0", "v3.0.0"]
    assert selected_tags(rule(newest=3), ["v1.0.0", "1.0.0", "v2.0.0", "v3.0.0"])[:2] == ["1.0.0", "v1.0.0"]


def test_repositories_under_a_prefix_are_mirrored_and_a_second_run_sends_nothing(
    pair: RegistryPair, tmp_path: Path
) -> None:
    rules = "rules:\n  - {source: SOURCE/team/*, destination: TARGET/mirror/*}\n"
    assert mirror(pair, tmp_path, rules, "--check") == 1
    assert pair.target.manifests == {}
    assert pair.out.splitlines()[-1] == "0 of 7 tags are the same at the destination."
    assert mirror(pair, tmp_path, rules) == 0
    assert pair.out.splitlines()[-1] == "7 of 7 tags are the same at the destination."
    assert pair.target.tags["mirror/app"] == pair.source.tags["team/app"]
    assert pair.target.tags["mirror/base"] == {"v1.0.0": SEVERAL.digest}
    assert set(pair.target.tags) == {"mirror/app", "mirror/base"}
    with pair.client(pair.target) as client:
        assert client.pull("mirror/base", "v1.0.0").digest == SEVERAL.digest
    pair.target.seen.clear()
    assert mirror(pair, tmp_path, rules) == 0
    assert {each.method for each in pair.target.seen} <= {"HEAD", "GET"}
    assert mirror(pair, tmp_path, rules, "--check") == 0


def test_what_comes_to_refer_to_an_image_later_is_copied_later(pair: RegistryPair, tmp_path: Path) -> None:
    rules = "rules:\n  - {source: SOURCE/team/app, destination: TARGET/app, tags: [v2.1.0]}\n"
    assert mirror(pair, tmp_path, rules) == 0
    subject = image("v2.1.0", layers=2)
    signed = signature_of(subject.manifest, "later")
    with pair.client(pair.source) as client:
        client.put_blob("team/app", Blob(content=b"{}", media_type=""))
        client.put_manifest("team/app", signed, signed.digest)
    assert mirror(pair, tmp_path, rules) == 0
    with pair.client(pair.target) as client:
        assert [each["digest"] for each in client.referrers("app", subject.digest)] == [signed.digest]


def test_a_tag_that_moved_is_different_and_moves_where_the_rule_says_so(pair: RegistryPair, tmp_path: Path) -> None:
    rules = "rules:\n  - {source: SOURCE/team/app, destination: TARGET/app, tags: [latest]}\n"
    assert mirror(pair, tmp_path, rules) == 0
    before = pair.target.tags["app"]["latest"]
    newer = image("newer")
    with pair.client(pair.source) as client:
        client.push("team/app", newer, "latest")
    assert mirror(pair, tmp_path, rules) == 1
    assert "different: TARGET/app:latest is" in pair.out
    assert pair.target.tags["app"] == {"latest": before}
    moving = rules.replace("tags:", "move: true, tags:")
    assert mirror(pair, tmp_path, moving) == 0
    tags = dict(pair.target.tags["app"])
    assert tags.pop("latest") == newer.digest
    ((name, kept),) = tags.items()
    assert (name.startswith("latest.before-"), kept) == (True, before)


@cases(
    "platforms, kept",
    case("one", ["linux/arm64"], 1),
    case("two", ["linux/arm64", "linux/amd64"], 2),
    case("all", ["linux/arm64", "linux/amd64", "linux/s390x"], 3),
)
def test_platforms_can_be_left_behind(pair: RegistryPair, tmp_path: Path, platforms: list[str], kept: int) -> None:
    keys = f"platforms: {json.dumps(platforms)}"
    rules = f"rules:\n  - {{source: SOURCE/team/base, destination: TARGET/base, {keys}}}\n"
    assert mirror(pair, tmp_path, rules) == 0
    digest = pair.target.tags["base"]["v1.0.0"]
    assert (digest == SEVERAL.digest) is (kept == 3)
    held = {each for name, each in pair.target.manifests if name == "base"}
    assert len(held) == (1 if kept == 1 else kept + 1)
    with pair.client(pair.target) as client:
        assert client.pull("base", "v1.0.0").digest == digest
    assert mirror(pair, tmp_path, rules, "--check") == 0


def test_a_platform_that_an_image_lacks_ends_the_run(pair: RegistryPair, tmp_path: Path) -> None:
    rules = "rules:\n  - {source: SOURCE/team/base, destination: TARGET/base, platforms: [windows/amd64]}\n"
    assert mirror(pair, tmp_path, rules) == 1
    assert "is for linux/amd64, linux/arm64, linux/s390x" in pair.error


def test_reports_for_machines(pair: RegistryPair, tmp_path: Path) -> None:
    rules = "rules:\n  - {source: SOURCE/team/app, destination: TARGET/app, versions: '2.x'}\n"
    assert mirror(pair, tmp_path, rules, "--format", "json") == 0
    report = json.loads(pair.out)
    assert [(each["source"], each["state"]) for each in report["tags"]] == [
        ("SOURCE/team/app:v2.0.0", "same"),
        ("SOURCE/team/app:v2.1.0", "same"),
    ]
    assert (report["manifests"], report["failed"]) == (2, [])
    assert mirror(pair, tmp_path, rules, "--check", "--format", "prometheus") == 0
    lines = [each for each in pair.out.splitlines() if not each.startswith("#")]
    assert lines == [
        'container_registry_mirror_tags{source="SOURCE",destination="TARGET",state="same"} 2',
        'container_registry_mirror_tags{source="SOURCE",destination="TARGET",state="missing"} 0',
        'container_registry_mirror_tags{source="SOURCE",destination="TARGET",state="different"} 0',
        "container_registry_mirror_failed 0",
    ]


def test_a_registry_is_migrated(pair: RegistryPair) -> None:
    assert pair.run("migrate", "SOURCE", "TARGET/old", "--check") == 1
    assert pair.run("migrate", "SOURCE", "TARGET/old") == 0
    assert set(pair.target.tags) == {"old/team/app", "old/team/base", "old/other/app"}
    assert pair.run("migrate", "SOURCE/team", "TARGET/named", "--repository", "base") == 0
    assert pair.target.tags["named/base"] == {"v1.0.0": SEVERAL.digest}


def test_a_repository_that_can_not_be_read_leaves_the_others(pair: RegistryPair, tmp_path: Path) -> None:
    rules = """\
rules:
  - {source: SOURCE/team/none, destination: TARGET/none}
  - {source: SOURCE/team/base, destination: TARGET/base}
  - {source: SOURCE/nothing/*, destination: TARGET/nothing/*}
"""
    assert mirror(pair, tmp_path, rules) == 1
    assert pair.target.tags["base"] == {"v1.0.0": SEVERAL.digest}
    assert "failed: SOURCE/team/none" in pair.out
    assert "failed: SOURCE/nothing/*: SOURCE has no repository under nothing/" in pair.out


def test_a_run_waits_while_few_pulls_are_left(
    pair: RegistryPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def sleep(_: object, seconds: float) -> None:
        waited.append(seconds)
        pair.source.quirks.limit = "90;w=21600"

    monkeypatch.setattr("ops.copy.patience.Stop.sleep", sleep)
    pair.source.quirks.limit = "9;w=21600"
    rules = "wait: 30m\nrules:\n  - {source: SOURCE/team/base, destination: TARGET/base}\n"
    assert mirror(pair, tmp_path, rules) == 0
    assert [each for each in waited if each == 1800.0] == [1800.0]


def test_faults_of_the_file_are_reported_at_once(pair: RegistryPair, tmp_path: Path) -> None:
    rules = """\
parallel: 0
rules:
  - source: https://ghcr.io/acme/app
    destination: TARGET/app
    versions: newest
    platforms: [linux]
    tag: [v1]
  - {source: SOURCE/team/*, destination: TARGET/team}
wait: soon
"""
    assert mirror(pair, tmp_path, rules) == 2
    found = [line.partition("mirror.yaml:")[2].split(": ")[:2] for line in pair.error.splitlines()[1:]]
    assert found == [
        ["1", "parallel"],
        ["3", "rules[0].source"],
        ["5", "rules[0].versions"],
        ["6", "rules[0].platforms[0]"],
        ["7", "rules[0].tag"],
        ["8", "rules[1]"],
        ["9", "wait"],
    ]
    assert "'https:' is not a registry's host (write it without https://)" in pair.error


@cases("content, says", ("", "is empty"), ("rules: []", "rules"), ("rules: [", "is not valid YAML"))
def test_a_file_without_rules_is_refused(pair: RegistryPair, tmp_path: Path, content: str, says: str) -> None:
    assert mirror(pair, tmp_path, content) == 2
    assert says in pair.error
    assert pair.run("mirror", str(tmp_path / "absent.yaml")) == 2
    assert "absent.yaml" in pair.error
