"""Small providers that play `aws` and `kubernetes` for a real engine: one JSON file is the cloud and the clusters."""
