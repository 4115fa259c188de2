"""Pulumi configuration and catalog.yaml, read into one frozen, validated value."""

from settings.declared.settings import Settings
from settings.declared.values import Repository, StackRegistry
from settings.faults import Fault, InvalidSettings
from settings.loading import load

__all__ = ["Fault", "InvalidSettings", "Repository", "Settings", "StackRegistry", "load"]
