"""The version, in a module that imports nothing: the layers name it without importing the API in the package."""

__version__ = "0.2.0.dev0"
