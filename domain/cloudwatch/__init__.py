"""What CloudWatch does with metrics and logs: an alarm's state, what a metric filter counts, what a query finds."""
