"""Images, and a client that pushes and pulls them without a daemon."""
