"""Every image is scanned when it is pushed, or all the time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType, frequency_for
from policies.checks.input_values import entries, entry, is_unknown
from policies.pack.rule import Finding, Given, Parameters, Resource, Severity, StackRule, Undecided, Verdict
from resources.ecr import REPOSITORY, SCANNING_CONFIGURATION

_AUTOMATIC = (ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN)
_OWN = "imageScanningConfiguration"
_ANY_NAME = ""
"""Only a filter that matches every name matches this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Configuration:
    """A registry's scanning, as far as it is known."""

    scan_type: ScanType
    rules: tuple[ScanRule, ...]
    whole: bool


def check(resources: Sequence[Resource], _given: Given[Parameters]) -> Iterator[tuple[Resource, Verdict]]:
    registries: dict[tuple[str | None, str | None], list[_Configuration | None]] = defaultdict(list)
    for resource in resources:
        if resource.type == SCANNING_CONFIGURATION:
            fault = _fault(resource)
            if fault is not None:
                yield resource, fault
            registries[resource.provider, resource.region].append(None if fault else _read(resource))
    for resource in resources:
        if resource.type == REPOSITORY:
            found = registries.get((resource.provider, resource.region))
            verdicts = _own(resource) if found is None else _registrys(resource.inputs.get("name"), found)
            yield from ((resource, verdict) for verdict in verdicts)


def _registrys(name: object, found: Sequence[_Configuration | None]) -> Iterator[Verdict]:
    """Where a registry says what is scanned, a repository's own word counts for nothing."""
    known = name if isinstance(name, str) and not is_unknown(name) else None
    for configuration in filter(None, found):
        frequency = frequency_for(known or _ANY_NAME, configuration.scan_type, configuration.rules)
        if frequency in _AUTOMATIC:
            continue
        if known is None or not configuration.whole:
            yield Undecided(("name",))
        else:
            how = "never scanned" if frequency is None else "scanned by hand only"
            yield Finding(f"is {how}: no filter of its registry's scanning matches its name", ("name",))


def _own(repository: Resource) -> Iterator[Verdict]:
    own = repository.inputs.get(_OWN)
    scan_on_push = entry(own, "scanOnPush")
    if is_unknown(own) or is_unknown(scan_on_push):
        yield Undecided((_OWN,))
    elif scan_on_push is not True:
        yield Finding("is not scanned on push, and nothing is declared of its registry's scanning", (_OWN,))


def _fault(configuration: Resource) -> Verdict | None:
    """What keeps the configuration from being read; its repositories are not judged then."""
    scan_type, rules = configuration.inputs.get("scanType"), configuration.inputs.get("rules")
    for key, value in (("scanType", scan_type), ("rules", rules)):
        if is_unknown(value):
            return Undecided((key,))
    if scan_type not in [each.value for each in ScanType]:
        return Finding(f"is no scanning that ECR knows: scanType is {scan_type!r}", ("scanType",))
    return None


def _read(configuration: Resource) -> _Configuration:
    rules, whole = [], True
    for written in entries(configuration.inputs.get("rules")):
        frequency, filters = entry(written, "scanFrequency"), entry(written, "repositoryFilters")
        texts = [each if isinstance(each, str) else entry(each, "filter") for each in entries(filters)]
        whole = whole and not any(map(is_unknown, (written, frequency, *texts)))
        known = tuple(each for each in texts if isinstance(each, str))
        if frequency in [each.value for each in ScanFrequency]:
            rules.append(ScanRule(ScanFrequency(frequency), known))
    return _Configuration(scan_type=ScanType(configuration.inputs["scanType"]), rules=tuple(rules), whole=whole)


RULE = StackRule(
    id="ecr-scan-on-push",
    title="Images are scanned when they are pushed",
    severity=Severity.HIGH,
    risk="An image with a known vulnerability goes to production, and nobody hears of it.",
    remediation="Give the registry a scanning configuration whose filters match the repository's name. Where the stack "
    "declares one, ECR goes by nothing else; only without one does imageScanningConfiguration.scanOnPush count.",
    controls=(
        "Security Hub ECR.1",
        "Control Tower CT.ECR.PR.2",
        "CIS EKS 5.1.1",
        "checkov CKV_AWS_163",
        "trivy AWS-0030",
    ),
    parameters=Parameters,
    types=(REPOSITORY, SCANNING_CONFIGURATION),
    check=check,
)
