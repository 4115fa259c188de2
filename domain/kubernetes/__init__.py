"""What Kubernetes allows, and the objects by which a namespace pulls."""
