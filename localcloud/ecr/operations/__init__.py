"""Amazon ECR's operations, a file for each family."""
