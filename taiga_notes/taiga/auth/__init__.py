"""Who we are to Taiga: credentials, sessions, tokens."""
