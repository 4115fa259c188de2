"""The shapes of what people write: catalog.yaml and a stack's configuration keys."""
