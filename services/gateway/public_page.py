"""The few pages that customers see without a login: small, in their language, without scripts."""

import html
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "es")
_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "how": "How did we do?", "good": "Good", "bad": "Not good", "why": "Anything you would like to add? (optional)", "send": "Send",
        "thanks": "Thank you for your answer.", "answered": "You have answered already. Thank you.", "unknown": "This link is not valid (any more).",
        "later": "That did not work. Please try again in a minute.", "stop": "No more automatic mail?",
        "stop_text": "Confirmations and questions like \u201cHow did we do?\u201d will no longer be sent to {address}. Our people's answers still will.",
        "stop_send": "Unsubscribe", "stopped": "Done: no more automatic mail will be sent to {address}.",
    },
    "de": {
        "how": "Wie zufrieden sind Sie?", "good": "Zufrieden", "bad": "Nicht zufrieden", "why": "Möchten Sie etwas ergänzen? (freiwillig)", "send": "Senden",
        "thanks": "Vielen Dank für Ihre Antwort.", "answered": "Sie haben bereits geantwortet. Vielen Dank.", "unknown": "Dieser Link gilt nicht (mehr).",
        "later": "Das hat nicht geklappt. Bitte versuchen Sie es in einer Minute noch einmal.", "stop": "Keine automatischen E-Mails mehr?",
        "stop_text": "Bestätigungen und Fragen wie \u201eWie zufrieden sind Sie?\u201c gehen nicht mehr an {address}. Antworten unserer Mitarbeiter kommen weiterhin an.",
        "stop_send": "Abmelden", "stopped": "Erledigt: {address} erhält keine automatischen E-Mails mehr.",
    },
    "fr": {
        "how": "Êtes-vous satisfait ?", "good": "Satisfait", "bad": "Pas satisfait", "why": "Souhaitez-vous ajouter quelque chose ? (facultatif)", "send": "Envoyer",
        "thanks": "Merci pour votre réponse.", "answered": "Vous avez déjà répondu. Merci.", "unknown": "Ce lien n'est pas (ou plus) valable.",
        "later": "Cela n'a pas fonctionné. Veuillez réessayer dans une minute.", "stop": "Plus de messages automatiques ?",
        "stop_text": "Les confirmations et les questions comme « Êtes-vous satisfait ? » ne seront plus envoyées à {address}. Les réponses de notre équipe arriveront toujours.",
        "stop_send": "Se désabonner", "stopped": "C'est fait : {address} ne recevra plus de messages automatiques.",
    },
    "es": {
        "how": "¿Qué tal lo hemos hecho?", "good": "Bien", "bad": "Mal", "why": "¿Desea añadir algo? (opcional)", "send": "Enviar",
        "thanks": "Gracias por su respuesta.", "answered": "Ya ha respondido. Gracias.", "unknown": "Este enlace no es válido (o ya no lo es).",
        "later": "No ha funcionado. Inténtelo de nuevo dentro de un minuto.", "stop": "¿No más correos automáticos?",
        "stop_text": "Las confirmaciones y preguntas como «¿Qué tal lo hemos hecho?» no se enviarán más a {address}. Las respuestas de nuestro equipo sí.",
        "stop_send": "Darse de baja", "stopped": "Hecho: {address} no recibirá más correos automáticos.",
    },
}  # fmt: skip
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem;color:#1c1c1f;background:#f6f6f8}"
    "main{max-width:30rem;margin:0 auto;padding:1.5rem;background:#fff;border:1px solid #ddd;border-radius:10px;overflow-wrap:anywhere}"
    "h1{font-size:1.25rem;margin:0 0 1rem}p{margin:.5rem 0}fieldset{border:0;padding:0;margin:0 0 1rem;display:flex;gap:1.5rem;flex-wrap:wrap}"
    "label{display:inline-flex;gap:.5rem;align-items:center}label.words{display:block}textarea{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;margin-top:.25rem}"
    "button{font:inherit;margin-top:1rem;padding:.5rem 1.25rem;border:0;border-radius:8px;background:#2b50d8;color:#fff;cursor:pointer}footer{margin-top:1.5rem;color:#5b5b63}"
    "@media (prefers-color-scheme:dark){body{color:#eee;background:#18181b}main{background:#222226;border-color:#3a3a40}footer{color:#a9a9b2}textarea{background:#18181b;color:#eee;border:1px solid #55555c}}"
)


def language_of(asked: str | None, accepted: str) -> str:
    """The language the link names, else the browser's first that we have, else English."""
    wanted = [asked or "", *(part.split(";")[0].strip()[:2].lower() for part in accepted.split(","))]
    return next((each for each in wanted if each in LANGUAGES), LANGUAGES[0])


def _page(language: str, desk: str, title: str, inside: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{html.escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{inside}<footer>{html.escape(desk)}</footer></main></body></html>"
    )


def say(language: str, desk: str, what: str, *, address: str = "") -> str:
    """A page with one sentence: `thanks`, `answered`, `unknown`, `later`, `stopped`."""
    return _page(language, desk, _WORDS[language][what].format(address=address), "")


def rating(language: str, desk: str, *, chosen: str | None) -> str:
    """The question, with the answer that the link in the mail stands for chosen already; nothing counts before the button."""
    words = _WORDS[language]
    choices = "".join(
        f'<label><input type="radio" name="answer" value="{each}" required{" checked" if each == chosen else ""}>{words[each]}</label>'
        for each in ("good", "bad")
    )
    form = (
        f'<form method="post"><input type="hidden" name="lang" value="{language}"><fieldset aria-label="{words["how"]}">{choices}</fieldset>'
        f'<label class="words">{words["why"]}<textarea name="comment" rows="4" maxlength="2000"></textarea></label>'
        f"<button>{words['send']}</button></form>"
    )
    return _page(language, desk, words["how"], form)


def unsubscribing(language: str, desk: str, *, address: str) -> str:
    """What ends, and a button."""
    words = _WORDS[language]
    text = html.escape(words["stop_text"].format(address=address))
    return _page(language, desk, words["stop"], f'<p>{text}</p><form method="post"><button>{words["stop_send"]}</button></form>')
