"""afsync keeps an AuraFlux account in step with YAML under version control."""

__version__ = "0.2.0.dev0"
