"""The fake Taiga's answers held against recordings of a real one."""
