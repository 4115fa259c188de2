"""What the project's own rules say of the entries, and what is to be done about it."""

import json
from datetime import date
from pathlib import Path

import pytest

from policies.pack import levels
from policies.pack.judge import judge
from policies.pack.rule import Level
from policies.pack.table import all_rules
from render.rendering import render
from tests.conftest import Edit
from tests.ops.conftest import TODAY, Adopt, Adopted
from tests.ops.outputs import (
    DEV,
    DEV_KEY,
    HOME,
    NAME,
    REPLICAS,
    Json,
    described,
    kms,
    lifecycle,
    orders,
    repository,
    rule,
)

URN = (
    "urn:pulumi:{stack}::container-registry::container-registry:index:ImageRepository$aws:ecr/repository:Repository::"
    "{name}@{region}"
)
AES256 = {
    "rule": "ecr-customer-key",
    "level": "mandatory",
    "text": "has no key: encryptionType is AES256",
    "fix": "adoption can't change how it is encrypted: the exception above must be merged before",
}
REASON = "adopted: how it is encrypted can't be changed"


def exception(name: str, region: str = HOME, stack: str = "dev", reason: str = REASON) -> Json:
    return {"urn": URN.format(stack=stack, name=name, region=region), "reason": reason, "until": "2026-05-30"}


def failing(adopted: Adopted) -> list[str]:
    """The mandatory rules that the gate's judge finds broken in the project as it is."""
    found = levels.load(levels.levels_file(adopted.project, adopted.stack))
    judgement = judge(render(adopted.project, adopted.stack).resources, found, date.fromisoformat(TODAY))
    failing = (each for each in judgement.findings if each.level is Level.MANDATORY)
    return [f"{each.rule.id} {each.resource.name}" for each in failing]


def merge(folder: Path, adopted: Adopted, exceptions: Json) -> None:
    file = folder / f"{adopted.stack}.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **exceptions}), encoding="utf-8")


def commented(text: str) -> Json:
    """The exceptions as a reader takes them from the comments."""
    lines = text.partition("# For policies/")[2].partition("\n\n")[0].splitlines()
    return dict(json.loads("{" + "".join(line[1:] for line in lines if line.startswith("#   ")) + "}"))


def test_an_entry_that_passes(adopt: Adopt) -> None:
    adopted = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY)))], stack="dev")
    assert adopted.repository(NAME)["fails"] == []
    assert json.loads(adopted.text)["exceptions"] == {}
    assert adopted.told == "1 adoptable, 0 not, 0 already in the catalog\n"


def test_an_encryption_that_the_rules_refuse(adopt: Adopt) -> None:
    adopted = adopt([described(orders())], stack="dev")
    assert adopted.repository(NAME)["fails"] == [{**AES256, "regions": [HOME]}]
    assert json.loads(adopted.text)["exceptions"] == {
        "ecr-customer-key": {"enforcementLevel": "mandatory", "exceptions": [exception(NAME)]}
    }
    assert adopted.told == (
        "1 adoptable, 0 not, 0 already in the catalog; the gate would refuse 1: see `fails` in the comments\n"
    )


def test_the_key_that_aws_manages(adopt: Adopt) -> None:
    (failure,) = adopt([described(orders(encryptionConfiguration=kms("alias/aws/ecr")))], stack="dev").repository(NAME)[
        "fails"
    ]
    assert failure["rule"] == "ecr-customer-key"
    assert failure["text"] == "is encrypted with the key that AWS manages: no kmsKey is given"


def test_every_copy_needs_its_exception(adopt: Adopt) -> None:
    adopted = adopt([described(repository(NAME))])
    assert adopted.repository(NAME)["fails"][0]["regions"] == [HOME, *REPLICAS]
    regions = sorted([HOME, *REPLICAS])
    assert json.loads(adopted.text)["exceptions"]["ecr-customer-key"]["exceptions"] == [
        exception(NAME, region, "prod") for region in regions
    ]


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_with_the_exceptions_the_gate_passes(adopt: Adopt, levels: Path, format: str) -> None:
    files = [[described(repository(NAME, region), repository("single", region))] for region in (HOME, *REPLICAS)]
    adopted = adopt(*files, format="yaml")
    exceptions = commented(adopted.text)
    if format == "json":
        exceptions = json.loads(adopt(*files).text)["exceptions"]
    assert list(exceptions) == ["ecr-customer-key", "ecr-name"]
    merge(levels, adopted, exceptions)
    assert failing(adopted) == []
    adopted.pasted()
    assert failing(adopted) == []
    for each in exceptions:
        merge(levels, adopted, {each: "mandatory"})
    assert len(failing(adopted)) == 9


def test_a_copy_that_has_its_exception_already(adopt: Adopt, levels: Path) -> None:
    files = [[described(repository(NAME, region))] for region in (HOME, *REPLICAS)]
    stands = exception(NAME, stack="prod", reason="moves in May")
    written = {"enforcementLevel": "mandatory", "exceptions": [stands]}
    merge(levels, adopt(*files), {"ecr-customer-key": written})
    adopted = adopt(*files, format="yaml")
    assert f"fails: ecr-customer-key (mandatory) in {', '.join(REPLICAS)}: has no key" in adopted.text
    merge(levels, adopted, commented(adopted.text))
    adopted.pasted()
    assert failing(adopted) == []


def test_once_the_exception_stands_nothing_fails(adopt: Adopt, levels: Path) -> None:
    adopted = adopt([described(orders())], stack="dev")
    merge(levels, adopted, json.loads(adopted.text)["exceptions"])
    again = adopt([described(orders())], stack="dev")
    assert again.repository(NAME)["fails"] == []
    assert json.loads(again.text)["exceptions"] == {}


def test_what_stands_under_the_key_is_kept(adopt: Adopt, edit: Edit) -> None:
    other = {**exception("legacy/other", reason="moves in May"), "until": "2026-05-01"}
    ended = {**exception(NAME, reason="moved by then"), "until": "2026-02-28"}
    written = {"enforcementLevel": "mandatory", "minimum_segments": 3, "exceptions": [other, ended]}
    edit("policies/dev.json", '"ecr-name": "mandatory"', f'"ecr-name": {json.dumps(written)}')
    adopted = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY)))], stack="dev")
    (failure,) = adopted.repository(NAME)["fails"]
    assert failure["text"] == (
        "has an exception that ended on 2026-02-28 (moved by then): mend it, or renew the exception; has a name of "
        "too few parts: 'legacy/orders' has 2, and 3 are the least, as in team/name"
    )
    assert failure["fix"] == "adoption can't change its name: the exception above must be merged before"
    renewed = exception(NAME, reason="adopted: its name can't be changed")
    assert json.loads(adopted.text)["exceptions"] == {"ecr-name": {**written, "exceptions": [other, renewed]}}


def test_a_rule_that_only_remarks(adopt: Adopt, edit: Edit) -> None:
    edit("policies/dev.json", '"ecr-customer-key": "mandatory"', '"ecr-customer-key": "advisory"')
    adopted = adopt([described(orders())], stack="dev")
    (failure,) = adopted.repository(NAME)["fails"]
    assert (failure["level"], failure["fix"]) == ("advisory", "adoption can't change how it is encrypted")
    assert json.loads(adopted.text)["exceptions"] == {}
    assert "refuse" not in adopted.told


def test_a_rule_that_is_disabled(adopt: Adopt, edit: Edit) -> None:
    edit("policies/dev.json", '"ecr-customer-key": "mandatory"', '"ecr-customer-key": "disabled"')
    assert adopt([described(orders())], stack="dev").repository(NAME)["fails"] == []


def test_what_the_entry_itself_can_mend(adopt: Adopt) -> None:
    found = orders(
        encryptionConfiguration=kms(DEV_KEY),
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "stable"}],
    )
    adopted = adopt([described(found), lifecycle(NAME, rule(3, tagStatus="any"), account=DEV)], stack="dev")
    retention, tags = adopted.repository(NAME)["fails"]
    assert (retention["rule"], retention["fix"]) == ("ecr-lifecycle-sound", "mend `retention`")
    assert retention["text"].startswith("rule 1 (any) would expire all but the newest 3, the tag 'v")
    assert (tags["rule"], tags["fix"]) == ("ecr-tags-immutable", "mend `mutable_tags`")
    assert json.loads(adopted.text)["exceptions"] == {}


def test_what_the_stack_can_mend(adopt: Adopt, edit: Edit) -> None:
    edit("policies/dev.json", '"ecr-protected": "disabled"', '"ecr-protected": "mandatory"')
    (failure,) = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY)))], stack="dev").repository(NAME)["fails"]
    assert failure["rule"] == "ecr-protected"
    assert failure["fix"] == all_rules()["ecr-protected"].remediation


def test_what_is_in_the_catalog_is_judged_too(adopt: Adopt) -> None:
    adopted = adopt([described(repository("payments/ledger", account=DEV))], stack="dev")
    assert adopted.repository("payments/ledger")["fails"] == [{**AES256, "regions": [HOME]}]


def test_what_is_not_proposed_is_not_told(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "    owner: payments\n", "    owner: payments\n    encryption: aes256\n")
    found = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY)))], stack="dev")
    assert json.loads(found.text)["exceptions"] == {}
    assert "refuse" not in found.told


def test_a_repository_that_is_called_as_the_registry(adopt: Adopt, edit: Edit) -> None:
    edit("policies/dev.json", '"minimum_days": 7', '"minimum_days": 30')
    adopted = adopt([described(repository("registry", account=DEV, encryptionConfiguration=kms(DEV_KEY)))], stack="dev")
    assert [each["rule"] for each in adopted.repository("registry")["fails"]] == ["ecr-name"]


def test_the_other_stacks_are_told_of_once(adopt: Adopt) -> None:
    told = (
        "In dev the entries make the repositories anew, and the same rules apply there: what needs an exception here "
        "needs one in policies/dev.json too, with the URNs that `make render STACK=dev FORMAT=json` prints."
    )
    text = adopt([described(repository(NAME), repository("legacy/other"))], format="yaml").text
    assert " ".join(text.replace("#", "").split()).count(told) == 1


def test_where_there_is_no_other_stack(adopt: Adopt, project: Path) -> None:
    (project / "Pulumi.dev.yaml").unlink()
    catalog = project / "catalog.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace("[dev]", "[prod]"), encoding="utf-8")
    assert "anew" not in adopt([described(repository(NAME))], format="yaml").text


def test_levels_that_are_missing(adopt: Adopt, levels: Path) -> None:
    (levels / "dev.json").unlink()
    adopted = adopt([described(orders())], stack="dev")
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.told.startswith(f"{levels / 'dev.json'}: does not exist (copy policies/prod.json")


def test_the_comments_name_rule_level_and_remedy(adopt: Adopt) -> None:
    told = " ".join(adopt([described(orders())], stack="dev", format="yaml").text.replace("#", "").split())
    assert (
        "fails: ecr-customer-key (mandatory): has no key: encryptionType is AES256; adoption can't change how it is "
        "encrypted: the exception above must be merged before" in told
    )
