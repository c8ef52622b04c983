"""Settings: what there is to set, and what may set it."""
