"""A state on a branch of the repository's own remote, written by git: an engine for `store.remote`."""
