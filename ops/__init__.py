"""Commands about a live registry."""
