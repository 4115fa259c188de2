"""Every pushed image is scanned, as often as declared."""

from domain.ecr.scanning import ScanFrequency, frequency_for
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the registry scans the repository as declared"

_OFF = "never"
_BY_RULE = (ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN)


def prove(case: Case) -> str:
    kind = case.settings.scanning.scan_type.value
    declared = frequency_for(case.name, case.settings.scanning.scan_type, case.settings.scanning.scan_rules)
    ecr = case.api("ecr")
    answered = ecr.batch_get_repository_scanning_configuration(repositoryNames=[case.name])
    if not answered["scanningConfigurations"]:
        raise Broken(f"the registry knows no such repository: {answered['failures']}")
    (found,) = answered["scanningConfigurations"]
    actual = ecr.get_registry_scanning_configuration()["scanningConfiguration"]["scanType"]
    if (actual, found.get("scanFrequency", _OFF)) != (kind, _frequency_text(declared)):
        raise Broken(
            f"declared {kind} {_frequency_text(declared)}, and there is {actual} {found.get('scanFrequency', _OFF)}"
        )
    # The repository's own flag can give the same frequency, and is on its way out.
    if declared in _BY_RULE and not found["appliedScanFilters"]:
        raise Broken("no filter of the registry's scanning configuration covers it")
    if not case.described()["imageScanningConfiguration"]["scanOnPush"]:
        raise Broken("the repository's own scan on push is off, which other scanners read")
    return f"{kind} {_frequency_text(declared)}"


def _frequency_text(frequency: ScanFrequency | None) -> str:
    return _OFF if frequency is None else frequency.value
