"""`python -m ops login-help`, and docs/registries.md: how one logs in at a registry, as lines to copy."""
