"""The query language: text → tree → one loop over the rows (pure)."""
