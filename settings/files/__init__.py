"""YAML files read with the line of every value."""
