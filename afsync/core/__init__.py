"""What afsync decides: pure functions of values. No files, network, clock, environment, randomness or printing."""
