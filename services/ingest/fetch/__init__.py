"""IMAP to `mail.raw`, nothing lost, nothing doubled (email.md 1)."""
