"""Images are scanned on push, or continuously."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType, frequency_for
from policies.checks.input_values import as_list, filter_texts, is_unknown, value_at
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    Results,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.ecr import REPOSITORY, SCANNING_CONFIGURATION

_AUTOMATIC = (ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN)
_SCANNING = "imageScanningConfiguration"
_ANY_NAME = ""
"""Matched only by a filter that matches every name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Configuration:
    """A registry's scanning configuration; `complete` if all of it is known."""

    scan_type: ScanType
    rules: tuple[ScanRule, ...]
    complete: bool


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    registries: dict[tuple[str | None, str | None], list[_Configuration | None]] = defaultdict(list)
    for resource in resources:
        if resource.type == SCANNING_CONFIGURATION:
            invalid = _check_configuration(resource)
            if invalid is not None:
                yield resource, invalid
            registries[resource.provider, resource.region].append(None if invalid else _read(resource))
    for resource in resources:
        if resource.type == REPOSITORY:
            scanned_by = registries.get((resource.provider, resource.region))
            name = resource.inputs.get("name")
            results = _check_repository(resource) if scanned_by is None else _check_filters(name, scanned_by)
            yield from ((resource, each) for each in results)


def _check_filters(name: object, configurations: Sequence[_Configuration | None]) -> Results:
    """Where the registry has a scanning configuration, ECR ignores the repository's own."""
    known = name if isinstance(name, str) and not is_unknown(name) else None
    for configuration in filter(None, configurations):
        frequency = frequency_for(known or _ANY_NAME, configuration.scan_type, configuration.rules)
        if frequency in _AUTOMATIC:
            continue
        if known is None or not configuration.complete:
            yield Undecided(("name",))
        else:
            how = "not scanned" if frequency is None else "only scanned manually"
            yield Finding(f"is {how}: no filter of its registry's scanning configuration matches it", ("name",))


def _check_repository(repository: CheckedResource) -> Results:
    scanning = repository.inputs.get(_SCANNING)
    scan_on_push = value_at(scanning, "scanOnPush")
    if is_unknown(scanning) or is_unknown(scan_on_push):
        yield Undecided((_SCANNING,))
    elif scan_on_push is not True:
        message = "is not scanned on push, and the stack declares no scanning configuration for its registry"
        yield Finding(message, (_SCANNING,))


def _check_configuration(configuration: CheckedResource) -> CheckResult | None:
    """Why the configuration can't be read; the repositories of its registry are then not checked."""
    scan_type, rules = configuration.inputs.get("scanType"), configuration.inputs.get("rules")
    for key, value in (("scanType", scan_type), ("rules", rules)):
        if is_unknown(value):
            return Undecided((key,))
    if scan_type not in [each.value for each in ScanType]:
        return Finding(f"has an invalid scanType: {scan_type!r}", ("scanType",))
    return None


def _read(configuration: CheckedResource) -> _Configuration:
    rules, complete = [], True
    for rule in as_list(configuration.inputs.get("rules")):
        frequency, texts = value_at(rule, "scanFrequency"), filter_texts(value_at(rule, "repositoryFilters"))
        complete = complete and not any(map(is_unknown, (rule, frequency, *texts)))
        known = tuple(each for each in texts if isinstance(each, str))
        if frequency in [each.value for each in ScanFrequency]:
            rules.append(ScanRule(ScanFrequency(frequency), known))
    scan_type = ScanType(configuration.inputs["scanType"])
    return _Configuration(scan_type=scan_type, rules=tuple(rules), complete=complete)


RULE = StackRule(
    id="ecr-scan-on-push",
    title="Images are scanned on push",
    severity="high",
    risk="Images with known vulnerabilities are deployed unnoticed.",
    remediation="Declare a RegistryScanningConfiguration with a filter that matches the repository's name. If the "
    "stack declares one, ECR ignores imageScanningConfiguration.scanOnPush.",
    controls=(
        "Security Hub ECR.1",
        "NIST 800-53 r5 RA-5",
        "PCI DSS v4.0.1 6.2.3",
        "PCI DSS v4.0.1 6.2.4",
        "Control Tower CT.ECR.PR.2",
        "CIS EKS 5.1.1",
        "checkov CKV_AWS_163",
        "trivy AWS-0030",
    ),
    parameters=Parameters,
    types=(REPOSITORY, SCANNING_CONFIGURATION),
    check=check,
)
