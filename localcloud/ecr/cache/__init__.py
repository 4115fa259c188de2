"""The pull-through cache: images that come from an upstream registry when they are pulled."""
