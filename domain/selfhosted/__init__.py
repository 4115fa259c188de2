"""A registry of one's own: CNCF distribution 3 with a web page, on one machine or in a cluster."""
