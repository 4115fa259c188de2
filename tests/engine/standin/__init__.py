"""A small provider that plays `aws` for a real engine: it keeps one JSON file where AWS keeps a cloud."""
