"""The package's structure in figures: `python -m tests.structure`. Signs, not ends."""
