"""What the project's own rules say of the entries, and what is to be done about it."""

import json
from datetime import date
from pathlib import Path

import pytest

from policies.pack import levels
from policies.pack.judge import judge
from policies.pack.rule import Level, all_rules
from tests.conftest import Edit
from tests.ops.conftest import TODAY, Adopt, Adopted, run_adopt
from tests.ops.outputs import (
    DEV,
    DEV_KEY,
    HOME,
    NAME,
    REPLICAS,
    Json,
    described,
    everywhere,
    kms,
    lifecycle,
    mutability,
    orders,
    repository,
    rule,
)
from tests.stacks import render_once

URN = (
    "urn:pulumi:{stack}::container-registry::container-registry:index:ImageRepository$aws:ecr/repository:Repository::"
    "{name}@{region}"
)
AES256 = {
    "rule": "ecr-customer-key",
    "level": "mandatory",
    "text": "is encrypted with AES256, without a KMS key",
    "fix": "adoption can't change how it is encrypted: its exception must be merged first",
}
REASON = "adopted: how it is encrypted can't be changed"
SOUND = orders(**kms(DEV_KEY))


def exception(name: str, reason: str = REASON) -> Json:
    """One for the repository in every region, merged before its entry."""
    return {"repository": name, "new": True, "reason": reason, "until": "2026-05-30"}


def of_one(name: str, reason: str, region: str = HOME, stack: str = "dev") -> Json:
    return {"urn": URN.format(stack=stack, name=name, region=region), "reason": reason, "until": "2026-05-30"}


def failing(adopted: Adopted) -> list[str]:
    """The mandatory rules that the gate's judge finds broken in the project as it is."""
    found = levels.load_levels(levels.levels_file(adopted.project, adopted.stack))
    judgement = judge(render_once(adopted.project, adopted.stack).resources, found, date.fromisoformat(TODAY))
    failing = (each for each in judgement.findings if each.level is Level.MANDATORY)
    return [f"{each.rule.id} {each.resource.name}" for each in failing]


def merge(folder: Path, exceptions: Json, stack: str = "prod") -> None:
    file = folder / f"{stack}.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **exceptions}), encoding="utf-8")


def commented(text: str) -> Json:
    """The exceptions as a reader takes them from the comments."""
    lines = text.partition("# For policies/")[2].partition("\n\n")[0].splitlines()
    return dict(json.loads("{" + "".join(line[1:] for line in lines if line.startswith("#   ")) + "}"))


def plain(text: str) -> str:
    return " ".join(text.replace("#", "").split())


@pytest.fixture(scope="module")
def adopted() -> Adopted:
    """Repositories that differ in what the rules think of them."""
    movable = mutability("IMMUTABLE_WITH_EXCLUSION", "stable")
    return run_adopt(
        [
            described(
                SOUND,
                repository("legacy/aes", account=DEV),
                repository("legacy/aws", account=DEV, **kms("alias/aws/ecr")),
                repository("legacy/loose", account=DEV, **kms(DEV_KEY), **movable),
                repository("registry", account=DEV, **kms(DEV_KEY)),
            ),
            lifecycle("legacy/loose", rule(3, tagStatus="any"), account=DEV),
        ],
        stack="dev",
    )


def test_an_encryption_that_the_rules_refuse(adopted: Adopted) -> None:
    assert adopted.repository(NAME)["fails"] == []
    assert adopted.error.startswith("5 adoptable, 0 not, 0 already in the catalog; the gate would refuse 4: ")
    assert adopted.repository("legacy/aes")["fails"] == [{**AES256, "regions": [HOME]}]
    (failure,) = adopted.repository("legacy/aws")["fails"]
    assert failure["text"] == "is encrypted with an AWS managed key: kmsKey is not set"


def test_what_the_entry_itself_can_mend(adopted: Adopted) -> None:
    retention, tags = adopted.repository("legacy/loose")["fails"]
    assert (retention["rule"], retention["fix"]) == ("ecr-lifecycle-sound", "mend `retention`")
    assert retention["text"].startswith("rule 1 (Keep the newest 3 images) applies to the tag 'v")
    assert (tags["rule"], tags["fix"]) == ("ecr-tags-immutable", "mend `mutable_tags`")


def test_a_repository_that_is_called_as_the_registry(adopt: Adopt, levels: Path) -> None:
    """What fails of the registry's own resources is not of the repository's."""
    merge(levels, {"kms-deletion-window": {"enforcementLevel": "mandatory", "minimum_days": 30}}, "dev")
    adopted = adopt([described(repository("registry", account=DEV, **kms(DEV_KEY)))], stack="dev")
    assert [each["rule"] for each in adopted.repository("registry")["fails"]] == ["ecr-name"]


def test_exceptions_are_for_what_no_entry_can_mend(adopted: Adopted) -> None:
    assert adopted.report["exceptions"] == {
        "ecr-customer-key": {
            "enforcementLevel": "mandatory",
            "exceptions": [exception("legacy/aes"), exception("legacy/aws")],
        },
        "ecr-name": {
            "enforcementLevel": "mandatory",
            "exceptions": [exception("registry", reason="adopted: its name can't be changed")],
        },
    }


def test_with_the_exceptions_the_gate_passes(adopt: Adopt, levels: Path) -> None:
    files = [[described(repository(NAME, region), repository("single", region))] for region in (HOME, *REPLICAS)]
    adopted = adopt(*files, format="yaml")
    exceptions = commented(adopted.text)
    assert adopt(*files).report["exceptions"] == exceptions
    merge(levels, exceptions)
    adopted.pasted()
    assert failing(adopted) == []
    merge(levels, dict.fromkeys(exceptions, "mandatory"))
    assert len(failing(adopted)) == 9


def test_a_copy_that_has_its_exception_already(adopt: Adopt, levels: Path) -> None:
    stands = of_one(NAME, "moves in May", stack="prod")
    merge(levels, {"ecr-customer-key": {"enforcementLevel": "mandatory", "exceptions": [stands]}})
    adopted = adopt(*everywhere(), format="yaml")
    assert f"fails: ecr-customer-key (mandatory) in {', '.join(REPLICAS)}: {AES256['text']}" in adopted.text
    merge(levels, commented(adopted.text))
    assert adopt(*everywhere()).report["exceptions"] == {}
    adopted.pasted()
    assert failing(adopted) == []


def test_what_is_under_the_key_is_kept(adopt: Adopt, levels: Path) -> None:
    other = {**of_one("legacy/other", "moves in May"), "until": "2026-05-01"}
    ended = {**of_one(NAME, "moved by then"), "until": "2026-02-28"}
    setting = {"enforcementLevel": "mandatory", "minimum_segments": 3, "exceptions": [other, ended]}
    merge(levels, {"ecr-name": setting}, "dev")
    adopted = adopt([described(SOUND)], stack="dev")
    (failure,) = adopted.repository(NAME)["fails"]
    assert failure["text"] == (
        "has an exception that expired on 2026-02-28 (moved by then): fix the finding, or renew the exception; "
        "has the name 'legacy/orders' with 2 segments: at least 3 are required, as in team/name"
    )
    assert failure["fix"] == "adoption can't change its name: its exception must be merged first"
    renewed = exception(NAME, reason="adopted: its name can't be changed")
    assert adopted.report["exceptions"] == {"ecr-name": {**setting, "exceptions": [other, renewed]}}


def test_levels(adopt: Adopt, levels: Path) -> None:
    """A rule that only remarks, one that is disabled, one that the stack can mend, and no file at all."""
    merge(levels, {"ecr-customer-key": "advisory", "ecr-protected": "mandatory"}, "dev")
    adopted = adopt([described(orders())], stack="dev")
    key, protection = adopted.repository(NAME)["fails"]
    assert (key["level"], key["fix"]) == ("advisory", "adoption can't change how it is encrypted")
    assert protection["fix"] == all_rules()["ecr-protected"].remediation
    assert adopted.report["exceptions"] == {}
    merge(levels, {"ecr-customer-key": "disabled", "ecr-protected": "disabled"}, "dev")
    adopted = adopt([described(orders())], stack="dev")
    assert adopted.repository(NAME)["fails"] == []
    assert "refuse" not in adopted.error
    (levels / "dev.json").unlink()
    adopted = adopt([described(orders())], stack="dev")
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.error.startswith("policies/dev.json: does not exist (copy policies/prod.json")


def test_what_is_not_proposed_is_not_reported(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "    owner: payments\n", "    owner: payments\n    encryption: aes256\n")
    found = adopt([described(SOUND)], stack="dev")
    assert found.report["exceptions"] == {}
    assert "refuse" not in found.error


def test_the_other_stacks_are_reported_for_once(adopt: Adopt, project: Path) -> None:
    printed = (
        "In dev the entries create the repositories, and the same rules apply there: what needs an exception here "
        "needs one in policies/dev.json too."
    )
    files = [described(repository(NAME), repository("legacy/other"))]
    assert plain(adopt(files, format="yaml").text).count(printed) == 1
    (project / "Pulumi.dev.yaml").unlink()
    catalog = project / "catalog.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace("[dev]", "[prod]"), encoding="utf-8")
    assert "the entries create" not in adopt(files, format="yaml").text
