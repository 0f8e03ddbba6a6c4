"""Who is asking: credentials, sessions, keys and their limits."""
