"""Rules, levels and exceptions, and what runs them: for the gate and for the engine."""
