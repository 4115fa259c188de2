"""One rule a file, under its id: a record, and pure functions over plain data."""
