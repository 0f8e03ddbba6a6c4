"""Private things out of a text before it leaves the process, and back into what comes home."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

_PLACEHOLDER = re.compile(r"\[(?:EMAIL|CARD|IBAN|PHONE|KEY|TOKEN|SECRET)_\d+\]")


def without_private(text: str) -> str:
    """The text with what is private cut out, for what is kept but need not be put back."""
    return _PLACEHOLDER.sub(" ", Vault().redact(text))


def _luhn(digits: str) -> bool:
    numbers = [int(d) for d in digits if d.isdigit()]
    if not 13 <= len(numbers) <= 19:
        return False
    total = sum(n if i % 2 == 0 else (n * 2 - 9 if n > 4 else n * 2) for i, n in enumerate(reversed(numbers)))
    return total % 10 == 0


def _iban(text: str) -> bool:
    compact = re.sub(r"\s", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _phone(text: str) -> bool:
    return 8 <= sum(c.isdigit() for c in text) <= 15 and not re.fullmatch(r"\d{4}-\d{2}-\d{2}[\s\d:.]*", text)


def _always(_: str) -> bool:
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("TOKEN", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), _always),
    ("KEY", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"), _always),
    ("KEY", re.compile(r"\b(?:sk|pk|rk|hd|ghp|gho|xox[abp]|AKIA|AIza|glpat)[-_]?[A-Za-z0-9_-]{16,}"), _always),
    (
        "SECRET",
        re.compile(
            r"(?i)\b(?:pass ?word|passwd|pwd|pin|passphrase|secret|api[ _-]?key|token|passwort|kennwort|mot de passe|contraseña|clave)\b"
            r"\s*(?:is|was|ist|war|lautet|est|es|era|:|=)\s*:?\s*[\"'«„“]?(\S{4,})"
        ),
        _always,
    ),
    ("EMAIL", re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), _always),
    ("IBAN", re.compile(r"\b[A-Za-z]{2}\d{2}(?:\s?[A-Za-z0-9]{4}){2,7}(?:\s?[A-Za-z0-9]{1,3})?\b"), _iban),
    ("CARD", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"), _luhn),
    ("PHONE", re.compile(r"(?<![\w.])(?:\+|00)?\(?\d{1,4}\)?(?:[ /.-]?\(?\d{2,5}\)?){2,6}(?!\w)"), _phone),
)


@dataclass(slots=True)
class Vault:
    """Placeholders of one run. Never logged, never stored, gone with the run."""

    _by_value: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def redact(self, text: str) -> str:
        """Replace what is private; the same value gets the same placeholder in every text of the run."""
        for kind, pattern, valid in _KINDS:
            text = pattern.sub(partial(self._swap, kind=kind, valid=valid), text)
        return text

    def restore(self, text: str) -> str:
        """Put the values back; a placeholder this run never made stays as it is."""
        values = {placeholder: value for value, placeholder in self._by_value.items()}
        return _PLACEHOLDER.sub(lambda m: values.get(m.group(), m.group()), text)

    def _swap(self, match: re.Match[str], *, kind: str, valid: Callable[[str], bool]) -> str:
        group = 1 if match.lastindex else 0
        value = match.group(group)
        if _PLACEHOLDER.search(value) or not valid(value):
            return match.group()
        if value not in self._by_value:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self._by_value[value] = f"[{kind}_{self.counts[kind]}]"
        start, end = match.span(group)
        whole, at = match.group(), match.start()
        return whole[: start - at] + self._by_value[value] + whole[end - at :]
