"""What a team needs to know of its repository: where it is, what is kept, who pushes and pulls, and lines to copy."""
