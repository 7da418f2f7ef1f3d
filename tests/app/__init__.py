"""The use cases without a command line, and the Python API."""
