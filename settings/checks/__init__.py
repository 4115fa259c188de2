"""Checks that no single field can make."""
