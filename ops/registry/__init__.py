"""A registry of one's own on one machine: its files, and its users."""
