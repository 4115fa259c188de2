"""`python -m ops adopt`: repositories that exist already, as entries of the catalog."""
