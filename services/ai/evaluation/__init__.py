"""How good the assistant is, measured by outsiders' files or by the log; it never acts."""
