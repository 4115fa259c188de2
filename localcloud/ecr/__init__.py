"""Amazon ECR: its control plane and its data plane."""
