"""Small providers that play `aws`, `kubernetes` and `github` for a real engine: one JSON file is the cloud and the
clusters, and requests go to the tests' GitHub."""
