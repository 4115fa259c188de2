"""What a stack declares: the frozen value that everything else reads."""
