"""What the tests of the AI share: a sample desk and the real offline engine, trained once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.ai import AiRequest
from services.ai.desk import Article, Desk, Priority, Team
from services.ai.engines.local.embedder import MiniLM
from services.ai.engines.local.engine import LocalEngine

PASSWORD = Article(
    "a-password",
    3,
    "Reset your password",
    "To reset your password, open the sign-in page and choose Forgot password. Enter your e-mail address and press Send.\n"
    "The link in the mail is valid for 30 minutes. If the mail does not arrive, look into your spam folder.",
)
CHARGES = Article(
    "a-charges",
    1,
    "Double charges on your card",
    "If you see two charges for one month, one of them is a reservation by your bank. It disappears by itself within 5 working days.\n"
    "Write to us with the invoice number if it is still there after that.",
)
INTERNAL = Article(
    "a-internal", 1, "Reset passwords as an agent", "To reset a customer's password, open the admin page and press Reset.", public=False
)
DRAFT = Article("a-draft", 1, "Password rules, unfinished", "A password needs twelve characters.", published=False)


@pytest.fixture(scope="session")
def desk() -> Desk:
    names = ("Level 1 Support", "Level 2 Support", "Engineering Team", "Billing Team")
    return Desk(
        teams=tuple(Team(f"t{i}", name) for i, name in enumerate(names)),
        priorities=tuple(Priority(k, k.title(), i) for i, k in enumerate(("critical", "high", "medium", "low"))),
        articles=(PASSWORD, CHARGES, INTERNAL, DRAFT),
    )


@pytest.fixture(scope="session")
def embedder() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="session")
def local(desk: Desk, embedder: MiniLM) -> LocalEngine:
    engine = LocalEngine(embedder)
    asyncio.run(engine.learn(desk))
    return engine


@pytest.fixture
def request_for() -> Callable[..., AiRequest]:
    def make(text: str, subject: str = "Question", **more: Any) -> AiRequest:
        values: dict[str, Any] = {
            "id": "request-1",
            "ticket_id": "ticket-1",
            "ticket_version": 1,
            "message_id": "message-1",
            "requester_name": "Mia Kohl",
            "priority": "medium",
            "created_at": datetime.now(UTC),
            **more,
        }
        return AiRequest(subject=subject, text=text, **values)

    return make
