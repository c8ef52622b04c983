"""What is kept of Taiga on this machine, in one SQLite file for each account."""
