"""The use cases: what the commands and the Python API do, without a command line and without printing."""
