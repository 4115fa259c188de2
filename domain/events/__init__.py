"""What EventBridge does with an event: whether a rule's pattern matches it, and what a target is sent."""
