"""The settings of a registry, which exists once in each account and region."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from domain.ecr.account import account_settings
from domain.ecr.scanning import ScanRule, ScanType
from domain.ecr.tags import FILTER_TYPE


@dataclass(frozen=True, kw_only=True)
class RegistrySettingsArgs:
    """The settings of one registry."""

    region: str
    scan_type: ScanType
    scan_rules: tuple[ScanRule, ...]
    registry_policy: str | None = None
    pull_time_exclusions: tuple[str, ...] = ()
    blob_mounting: bool = False


class RegistrySettings(Component):
    """Scanning configuration, account settings, registry policy, pull-time exclusions."""

    def __init__(self, name: str, args: RegistrySettingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        ecr.RegistryScanningConfiguration(
            name,
            scan_type=args.scan_type.value,
            rules=[_scan_rule(rule) for rule in args.scan_rules],
            region=args.region,
            opts=self.child(),
        )
        for setting, value in account_settings(blob_mounting=args.blob_mounting).items():
            ecr.AccountSetting(f"{name}.{setting}", name=setting, value=value, region=args.region, opts=self.child())
        if args.registry_policy is not None:
            ecr.RegistryPolicy(name, policy=args.registry_policy, region=args.region, opts=self.child())
        for principal in args.pull_time_exclusions:
            ecr.PullTimeUpdateExclusion(
                f"{name}.{principal}", principal_arn=principal, region=args.region, opts=self.child()
            )
        self.register_outputs({})


def _scan_rule(rule: ScanRule) -> ecr.RegistryScanningConfigurationRuleArgsDict:
    return {
        "scan_frequency": rule.frequency.value,
        "repository_filters": [{"filter": each, "filter_type": FILTER_TYPE} for each in rule.filters],
    }
