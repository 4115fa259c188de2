"""The names of Docker Hub: it has one for images, one for its API and one for logins."""

HOST = "docker.io"
API_HOST = "registry-1.docker.io"
LOGIN_KEY = "https://index.docker.io/v1/"
"""Under which docker keeps its login, and the kubelet looks for `nginx` and for `docker.io/library/nginx` alike:
https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"""
INDEX_HOST = "index.docker.io"
NAMES = frozenset({HOST, API_HOST, INDEX_HOST, "registry.hub.docker.com", "hub.docker.com"})
"""What people write for it."""
