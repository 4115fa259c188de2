"""GitHub's ids and subjects of the repositories that push, compared with the catalog's."""
