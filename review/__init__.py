"""The review of a pull request: what changes, whether it passes the policies, and which access it grants."""
