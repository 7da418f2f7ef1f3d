"""The real planner, engine and recovery against a simulated service, clock and disk."""
