"""The text of one string field of a JSON object while it is still coming in."""

from __future__ import annotations

import re

_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_UNICODE = 6
"""Length of an escape such as \\u00e9."""


class FieldReader:
    """`feed` takes the stream's pieces as they come and answers what they add to the field's text."""

    def __init__(self, field: str) -> None:
        self._opening = re.compile(rf'"{re.escape(field)}"\s*:\s*"')
        self._raw = ""
        self._at: int | None = None
        self._done = False
        self._half = ""

    def feed(self, piece: str) -> str:
        self._raw += piece
        if self._at is None:
            found = self._opening.search(self._raw)
            if found is None:
                return ""
            self._at = found.end()
        out: list[str] = []
        while not self._done and self._at < len(self._raw):
            taken = self._next(self._at)
            if taken is None:
                break
            text, self._at = taken
            out.append(text)
        return "".join(out)

    def _next(self, at: int) -> tuple[str, int] | None:
        """The character at a place and where the next one begins; None until the rest of an escape has come."""
        char = self._raw[at]
        if char == '"':
            self._done = True
            return "", at + 1
        if char != "\\":
            return char, at + 1
        escape = self._raw[at + 1 : at + 2]
        if not escape:
            return None
        if escape != "u":
            return _SHORT.get(escape, escape), at + 2
        if len(self._raw) < at + _UNICODE:
            return None
        return self._unicode(self._raw[at + 2 : at + _UNICODE]), at + _UNICODE

    def _unicode(self, digits: str) -> str:
        """One UTF-16 unit; the first half of a pair waits for the second."""
        try:
            unit = chr(int(digits, 16))
        except ValueError:
            return ""
        pair, self._half = self._half + unit, ""
        if "\ud800" <= pair[-1] <= "\udbff":
            self._half = pair[-1]
            return ""
        return pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
