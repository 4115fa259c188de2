"""`python -m ops backfill`: what the home registry holds already, copied to a replica."""
