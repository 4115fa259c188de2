"""A local AWS on loopback: an ECR of our own, and an emulator for everything else."""
