"""Records that move to another address."""
