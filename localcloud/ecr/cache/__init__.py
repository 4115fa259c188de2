"""The pull-through cache: images that come from an upstream registry when somebody pulls them."""
