"""A bad day, rehearsed: what goes wrong, at which request, at which point of it."""
