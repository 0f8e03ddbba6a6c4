"""`python -m tests.bench_mail [SUBJECT …]`: the table, then what failed. Exits 1 below a bar."""

from __future__ import annotations

import importlib
import sys

from tests.bench_mail.material import fetch
from tests.bench_mail.tally import table

_SUBJECTS = ("decoding", "html_text", "replies", "forwards", "bounces", "threads")
_SHOWN = 12


def main(subjects: list[str]) -> int:
    """Fetch the material, measure, print."""
    sys.path.append(str(fetch() / "libraries"))
    rows = [row for subject in subjects or _SUBJECTS for row in importlib.import_module(f"tests.bench_mail.{subject}").measure()]
    for row in rows:
        if row.failures:
            more = f" and {len(row.failures) - _SHOWN} more" if len(row.failures) > _SHOWN else ""
            print(f"{row.subject}, {row.corpus}: {', '.join(row.failures[:_SHOWN])}{more}")
    print(f"\n{table(rows)}")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
