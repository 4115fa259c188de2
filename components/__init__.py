"""Pulumi component resources, one a file: they turn declared values into resources."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from components.chat_channel import ChatChannel, ChatChannelArgs
from components.cluster_pull.cluster_policies import ClusterPolicies, ClusterPoliciesArgs
from components.cluster_pull.cluster_pull_access import ClusterPullAccess, ClusterPullAccessArgs
from components.cluster_pull.cluster_resources import ClusterResources, PulledRegistry
from components.component import other_account_options
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.image_replication import Replication, ReplicationArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.pull_through_cache import PullThroughCache, PullThroughCacheArgs
from components.registry_resources import RegistryResources
from components.registry_roles import RegistryRoles, RegistryRolesArgs
from components.registry_settings import RegistrySettings, RegistrySettingsArgs
from components.self_hosted.self_hosted_registry import SelfHostedRegistry, SelfHostedRegistryArgs
from components.source_repository import SourceRepository, SourceRepositoryArgs, github_options

if TYPE_CHECKING:
    from components.registry_monitoring import RegistryMonitoring, RegistryMonitoringArgs

__all__ = [
    "ChatChannel",
    "ChatChannelArgs",
    "ClusterPolicies",
    "ClusterPoliciesArgs",
    "ClusterPullAccess",
    "ClusterPullAccessArgs",
    "ClusterResources",
    "EncryptionKey",
    "EncryptionKeyArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "PullThroughCache",
    "PullThroughCacheArgs",
    "PulledRegistry",
    "RegistryMonitoring",
    "RegistryMonitoringArgs",
    "RegistryResources",
    "RegistryRoles",
    "RegistryRolesArgs",
    "RegistrySettings",
    "RegistrySettingsArgs",
    "Replication",
    "ReplicationArgs",
    "SelfHostedRegistry",
    "SelfHostedRegistryArgs",
    "SourceRepository",
    "SourceRepositoryArgs",
    "github_options",
    "other_account_options",
]


def __getattr__(name: str) -> Any:
    """Imported where monitoring is on."""
    if name in {"RegistryMonitoring", "RegistryMonitoringArgs"}:
        return getattr(import_module("components.registry_monitoring"), name)
    raise AttributeError(name)
