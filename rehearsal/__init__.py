"""The stack on a local cloud, every promise proven."""
