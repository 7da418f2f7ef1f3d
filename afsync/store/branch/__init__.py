"""A state on a branch of the repository's own remote, written by git: a backend for `store.remote`."""
