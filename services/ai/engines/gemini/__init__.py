"""Google Gemini through its real SDK, guarded by a breaker and budgets, with the local engine behind it."""
