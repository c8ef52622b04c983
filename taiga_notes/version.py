"""The version, for all who tell it or keep something by it; `pyproject.toml` says the same."""

__version__ = "0.1.0"
