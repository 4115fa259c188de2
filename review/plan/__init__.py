"""What a change does to a stack's resources, and the consequences."""
