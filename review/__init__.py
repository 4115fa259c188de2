"""What a pull request is told: what changes, whether it may be merged, who can do what."""
