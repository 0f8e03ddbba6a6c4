"""Writes the committed description of the API: `python -m services.gateway.openapi` makes `schemas/openapi.json`."""

import json
from pathlib import Path

from services.gateway.app import create_app

FILE = Path(__file__).parents[2] / "schemas" / "openapi.json"


def render() -> str:
    """The description as it is committed."""
    return json.dumps(create_app().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
