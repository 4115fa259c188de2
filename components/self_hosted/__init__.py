"""A registry of one's own in a cluster, and the program that switches it to read-only."""
