"""Rule 13: a reply that no human has sent says so, and how to reach one."""

from __future__ import annotations

_WORDS = {
    "en": "{name}, an automatic assistant, wrote this reply. To reach a person, just answer with the word \u201chuman\u201d.",
    "de": "Diese Antwort hat {name} geschrieben, ein automatischer Assistent. Einen Menschen erreichen Sie mit dem Wort \u201eMensch\u201c als Antwort.",
    "fr": "Cette réponse a été rédigée par {name}, un assistant automatique. Pour joindre une personne, répondez «\u00a0humain\u00a0».",
    "es": "Esta respuesta la escribió {name}, un asistente automático. Para hablar con una persona, responda «humano».",
}


def disclosed(draft: str, *, assistant: str, language: str) -> str:
    """The draft as it may leave without a human's hand on it. An agent who sends it himself is its author and needs no such line."""
    return f"{draft.rstrip()}\n\n-- \n{_WORDS.get(language, _WORDS['en']).format(name=assistant)}"
