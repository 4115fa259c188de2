"""How often which repositories are scanned. Nothing is scanned here."""

from typing import Any

from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType, filter_matches, frequency_for, scanning_problems
from domain.ecr.tags import FILTER_TYPE
from localcloud.ecr.api_errors import invalid_parameter, repository_not_found
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository


async def put_image_scanning_configuration(request: OperationRequest) -> Answer:
    repository = request.repository
    repository.scan_on_push = request.input["imageScanningConfiguration"].get("scanOnPush", False)
    return {**request.ids(), "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push}}


async def put_registry_scanning_configuration(request: OperationRequest) -> Answer:
    scan_type = ScanType(request.input.get("scanType", ScanType.BASIC.value))
    rules = tuple(_rule(each) for each in request.input.get("rules", ()))
    if problems := scanning_problems(scan_type, rules):
        faults = "; ".join(f"{'.'.join(map(str, each.path))} {each.message}, {each.fix}" for each in problems)
        raise invalid_parameter("rules", f"Invalid scanning configuration: {faults}")
    request.registry.scan_type, request.registry.scan_rules = scan_type, rules
    return {"registryScanningConfiguration": _configuration(request.registry)}


async def get_registry_scanning_configuration(request: OperationRequest) -> Answer:
    return {"registryId": request.registry.account, "scanningConfiguration": _configuration(request.registry)}


async def batch_get_repository_scanning_configuration(request: OperationRequest) -> Answer:
    repositories = request.registry.repositories
    return {
        "scanningConfigurations": [
            _applied(request.registry, repositories[name]) for name in request.names if name in repositories
        ],
        "failures": [_failure(request.registry, name) for name in request.names if name not in repositories],
    }


def _rule(given: dict[str, Any]) -> ScanRule:
    filters = tuple(each["filter"] for each in given["repositoryFilters"])
    return ScanRule(ScanFrequency(given["scanFrequency"]), filters)


def _configuration(registry: StoredRegistry) -> Answer:
    rules = [
        {"scanFrequency": rule.frequency.value, "repositoryFilters": _filters(rule.filters)}
        for rule in registry.scan_rules
    ]
    return {"scanType": registry.scan_type.value, "rules": rules}


def _applied(registry: StoredRegistry, repository: StoredRepository) -> Answer:
    frequency = frequency_for(repository.name, registry.scan_type, registry.scan_rules)
    applied = [
        text
        for rule in registry.scan_rules
        if rule.frequency is frequency
        for text in rule.filters
        if filter_matches(text, repository.name)
    ]
    # The repository's own flag is from before there were rules, and counts as long as there is none.
    if frequency is ScanFrequency.MANUAL and repository.scan_on_push and not registry.scan_rules:
        frequency = ScanFrequency.SCAN_ON_PUSH
    return {
        "repositoryArn": repository.arn,
        "repositoryName": repository.name,
        "scanOnPush": frequency in {ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN},
        **({"scanFrequency": frequency.value} if frequency else {}),
        "appliedScanFilters": _filters(applied),
    }


def _filters(texts: list[str] | tuple[str, ...]) -> list[Answer]:
    return [{"filter": text, "filterType": FILTER_TYPE} for text in texts]


def _failure(registry: StoredRegistry, name: str) -> Answer:
    reason = repository_not_found(name, registry.account).message
    return {"repositoryName": name, "failureCode": "REPOSITORY_NOT_FOUND", "failureReason": reason}
