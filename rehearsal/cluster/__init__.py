"""A Kubernetes API server on loopback, a client of it, and what runs its pods where there is no node."""
