"""Every image that is pushed here is scanned, as often as declared."""

from domain.ecr.scanning import ScanFrequency, frequency_for
from rehearsal.proving.case import Broken, Case

PROMISE = "the registry scans the repository as declared"

_OFF = "never"


def prove(case: Case) -> str:
    declared = _told(frequency_for(case.name, case.settings.scan_type, case.settings.scan_rules))
    ecr = case.api("ecr")
    (found,) = ecr.batch_get_repository_scanning_configuration(repositoryNames=[case.name])["scanningConfigurations"]
    kind = ecr.get_registry_scanning_configuration()["scanningConfiguration"]["scanType"]
    stands = found.get("scanFrequency") or _OFF
    if (kind, stands) != (case.settings.scan_type.value, declared):
        raise Broken(f"declared {case.settings.scan_type.value} {declared}, and there is {kind} {stands}")
    if not case.described()["imageScanningConfiguration"]["scanOnPush"]:
        raise Broken("the repository's own scan on push is off, which other scanners read")
    return f"{kind} {stands}"


def _told(frequency: ScanFrequency | None) -> str:
    return _OFF if frequency is None else frequency.value
