"""The two engines behind one interface; only the engine differs, never the events, the policy or the audit trail."""
