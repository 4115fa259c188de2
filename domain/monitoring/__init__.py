"""What a registry's monitoring declares: event rules, alarms, queries, a dashboard, and who publishes to whom."""
