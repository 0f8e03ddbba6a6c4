"""The whole database from the log: fold, compare, put in place."""

from services.tickets.rebuild.run import Outcome, rebuild

__all__ = ["Outcome", "rebuild"]
