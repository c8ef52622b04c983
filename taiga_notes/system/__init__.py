"""The machine's services: paths, files written whole, locks, who has what open."""
