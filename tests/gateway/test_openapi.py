"""The committed description of the API."""

from services.gateway.openapi import FILE, render


def test_the_committed_description_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run: python -m services.gateway.openapi"
