"""Speed and memory, measured: `make bench` writes RESULTS.md. Nothing here is a test."""
