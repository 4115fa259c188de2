"""`python -m ops copy`: images from one registry to another, as every command that copies images does it."""
