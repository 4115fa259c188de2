"""The distribution protocol as a client speaks it, and what manifests name."""
