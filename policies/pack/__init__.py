"""What runs the rules: records, levels, the judge, the adapter to the engine."""
