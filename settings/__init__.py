"""Pulumi configuration and catalog.yaml, read into one frozen, validated value."""

from settings.faults import Fault, InvalidSettings
from settings.load import load
from settings.models import Place, Repository, Settings

__all__ = ["Fault", "InvalidSettings", "Place", "Repository", "Settings", "load"]
