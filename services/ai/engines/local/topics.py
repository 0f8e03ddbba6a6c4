"""Tags a message earns by what it says: few, stable, explainable."""

from __future__ import annotations

import re

_TOPICS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "password": r"\bpass ?words?\b|\bpasscode\b",
        "login": r"\b(?:log ?-?in|sign ?-?in|logged out|2fa|two-factor|verification code|sso|saml)\b",
        "refund": r"\b(?:refund\w*|money back|charged twice|double charge|charge ?back)\b",
        "invoice": r"\b(?:invoices?|receipts?|bills?|billed|credit notes?|vat)\b",
        "payment": r"\b(?:payments?|credit cards?|debit|paypal|bank transfer|declined|charged?)\b",
        "subscription": r"\b(?:subscriptions?|renew\w*|downgrade|upgrade[ds]?|cancel\w*|trial|plan)\b",
        "outage": r"\b(?:outage|is down|are down|offline|unreachable|error 50\d)\b",
        "bug": r"\b(?:bugs?|crash\w*|stack ?trace|exception|regression|freez\w+|error 500)\b",
        "integration": r"\b(?:integration|connector|webhooks?|api|sync\w*|ldap|scim|crm)\b",
        "data": r"\b(?:import\w*|export\w*|csv|migration|backup)\b",
        "security": r"\b(?:vulnerab\w+|hacked|phishing|breach|xss|malware)\b",
        "shipping": r"\b(?:order|delivery|parcel|tracking|shipped)\b",
        "hardware": r"\b(?:printer|keyboard|mouse|monitor|laptop|headset)\b",
        "feature-request": r"\b(?:feature request|would be (?:great|nice|lovely)|suggestion|dark (?:mode|theme))\b",
        "privacy": r"\b(?:gdpr|delete my (?:account|data)|personal data|privacy)\b",
    }.items()
}
LIMIT = 3


def topics(text: str) -> tuple[str, ...]:
    """At most LIMIT tags, the most often mentioned first; the first one is the category."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _TOPICS.items()}
    return tuple(sorted((n for n, c in counts.items() if c), key=lambda n: -counts[n])[:LIMIT])
