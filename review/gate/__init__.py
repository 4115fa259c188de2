"""The gate: whether a change passes the policies, and the consequences that it has."""
