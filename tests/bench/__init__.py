"""`make bench`: figures of this machine beside floors measured in the same run."""
