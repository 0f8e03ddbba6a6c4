"""A router that has learned more serves only if it is no worse (ai.md 1)."""

from __future__ import annotations

from collections.abc import Sequence

from services.ai.engines.local.router import Router
from services.ai.engines.local.seeds import Example
from services.ai.engines.local.vectors import Remembering
from services.ai.engines.local.views import Views
from services.ai.evaluation.figures import macro_f1
from services.runtime.telemetry import log


def promoted(challenger: Router, champion: Router, tickets: Sequence[Example], teacher: Remembering | None) -> Router:
    """The better of two for the same teams, on the desk's own tickets, each router judged while not trained on them."""
    judged = [t for t in tickets if t.real and t.text in challenger.held_out]
    if not judged:
        return challenger
    truth = [t.team_id for t in judged]
    new = macro_f1(truth, [challenger.held_out[t.text] for t in judged])
    old = macro_f1(truth, [champion.held_out.get(t.text) or _said(champion, t.text, teacher) for t in judged])
    if new is None or old is None or new >= old:
        return challenger
    log.info("router kept", tickets=len(judged), macro_f1=round(old, 3), refused=round(new, 3))
    return champion


def _said(router: Router, text: str, teacher: Remembering | None) -> str | None:
    ranked = router.route(text, Views(teacher).embed([text])[0] if teacher is not None else None).ranked
    return ranked[0].id if ranked else None
