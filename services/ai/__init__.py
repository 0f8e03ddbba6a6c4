"""Suggestions for tickets, from the log and into it."""

import os

# Read when numpy is loaded. A second BLAS thread takes the other core from the mail on its way to the screen, and saves a few milliseconds here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
