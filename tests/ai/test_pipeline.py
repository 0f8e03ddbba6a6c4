"""A whole run with the real offline engine: stages, order, stopping, checks, handing off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.ai import AiRequest, AiStage, ThreadMessage
from schemas.config import Answering, Settings
from services.ai.desk import Desk, Macro
from services.ai.engines.base import Context, StageSink, Triage
from services.ai.engines.local.engine import LocalEngine
from services.ai.macros import Macros
from services.ai.pipeline import run
from services.ai.questions import ASKED, GENERAL, Asked
from services.ai.suggestion import run_id

MakeRequest = Callable[..., AiRequest]
ORDER = ["received", "screened", "redacted", "classified", "prioritised", "retrieved", "drafting", "checked", "decided"]


class Watcher:
    def __init__(self) -> None:
        self.stages: list[AiStage] = []

    async def __call__(self, stage: AiStage) -> None:
        self.stages.append(stage)

    @property
    def names(self) -> list[str]:
        return [s.stage for s in self.stages]


class Broken:
    name = "local"

    async def triage(self, context: Context, stage: StageSink) -> Triage:
        raise RuntimeError("secret detail of " + context.text)


class Slow:
    name = "local"

    async def triage(self, context: Context, stage: StageSink) -> Triage:
        await asyncio.Event().wait()
        raise AssertionError


async def test_stages_come_in_their_fixed_order(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    watch = Watcher()
    found = await run(request_for("I forgot my password, how do I reset it?"), desk=desk, engine=local, emit=watch)
    assert found is not None
    assert watch.names == ORDER
    assert [s.sequence for s in watch.stages] == list(range(1, 10))
    assert [s["stage"] for s in found.stages] == ORDER
    assert all(s.label and s.run_id == found.run_id for s in watch.stages)


async def test_a_known_question_gets_a_verbatim_draft_with_its_source(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    found = await run(request_for("I forgot my password, how do I reset it?"), desk=desk, engine=local, emit=Watcher())
    assert found is not None and found.draft is not None
    article = desk.articles[0]
    assert found.draft.startswith("Hello Mia,")
    assert found.citations and all(c.quote in article.body and c.quote in found.draft for c in found.citations)
    assert {(c.article_id, c.article_version) for c in found.citations} == {(article.id, 3)}
    assert found.next_action == "suggest_reply"
    assert found.team is not None and found.team.name == "Level 1 Support"


async def test_rule_7_internal_and_unpublished_articles_never_show(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    found = await run(
        request_for("How do agents reset the password of a customer in the admin page?"), desk=desk, engine=local, emit=Watcher()
    )
    assert found is not None
    assert {a.article_id for a in found.articles} <= {"a-password", "a-charges"}


async def test_a_newer_message_stops_the_run_at_the_next_stage(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    watch = Watcher()
    found = await run(request_for("Hello?"), desk=desk, engine=local, emit=watch, current=lambda: len(watch.stages) < 4)
    assert found is None
    assert watch.names == ORDER[:4]


async def test_a_failing_engine_hands_off_without_telling_what_it_read(desk: Desk, request_for: MakeRequest) -> None:
    watch = Watcher()
    found = await run(request_for("my secret"), desk=desk, engine=Broken(), emit=watch)
    assert found is not None
    assert found.next_action == "handoff" and found.error and "secret" not in found.model_dump_json()
    assert watch.names[-1] == "handed_off"


async def test_a_hanging_engine_ends_with_the_budget(desk: Desk, request_for: MakeRequest) -> None:
    found = await run(request_for("hello"), desk=desk, engine=Slow(), emit=Watcher(), budget=0.05)
    assert found is not None and found.next_action == "handoff" and "did not finish" in (found.error or "")


async def test_rule_17_automatic_mail_gets_no_draft(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    found = await run(
        request_for("I forgot my password, how do I reset it?", mail_kind="auto-reply"), desk=desk, engine=local, emit=Watcher()
    )
    assert found is not None and found.draft is None and found.next_action == "handoff"


async def test_who_asks_for_a_human_gets_one(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    watch = Watcher()
    found = await run(request_for("I forgot my password. Let me talk to a real person please."), desk=desk, engine=local, emit=watch)
    assert found is not None and found.draft is None and found.next_action == "handoff" and watch.names[-1] == "handed_off"


async def test_an_empty_desk_abstains(request_for: MakeRequest) -> None:
    engine = LocalEngine(None)
    await engine.learn(Desk())
    found = await run(request_for("My invoice is wrong"), desk=Desk(), engine=engine, emit=Watcher())
    assert found is not None
    assert found.team is None and not found.acts_on_team and found.priority is None and found.draft is None
    assert any("no team" in r for r in found.reasons)


async def test_the_ai_never_lowers_a_priority_by_itself(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    text = "Not urgent, whenever you have time: the site is fine."
    calm = await run(request_for(text, priority="high"), desk=desk, engine=local, emit=Watcher())
    fire = await run(request_for("The printer is on fire!", priority="high"), desk=desk, engine=local, emit=Watcher())
    same = await run(request_for("The printer is on fire!", priority="critical"), desk=desk, engine=local, emit=Watcher())
    assert calm is not None and fire is not None and same is not None
    assert (calm.priority, calm.acts_on_priority) == ("low", False)
    assert (fire.priority, fire.acts_on_priority) == ("critical", True)
    assert not same.acts_on_priority


async def test_rule_12_a_name_that_carries_a_link_costs_the_draft(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    request = request_for("I forgot my password, how do I reset it?", requester_name="https://evil.example/win")
    found = await run(request, desk=desk, engine=local, emit=Watcher())
    assert found is not None and found.draft is None
    assert any(r.startswith("draft withheld") for r in found.reasons)


def test_rule_19_a_run_has_one_id_however_often_it_is_delivered(request_for: MakeRequest) -> None:
    assert run_id(request_for("a")) == run_id(request_for("a"))
    assert run_id(request_for("a")) != run_id(request_for("a", message_id="message-2"))
    assert run_id(request_for("a")) != run_id(request_for("a", id="asked-again"))


async def test_rule_13_a_reply_without_a_human_says_who_wrote_it(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    found = await run(request_for("I forgot my password, how do I reset it?"), desk=desk, engine=local, emit=Watcher())
    assert found is not None and found.draft is not None
    automatic = found.record["automatic_reply"]
    assert automatic.startswith(found.draft) and desk.assistant_name in automatic and "reach a person" in automatic
    assert "automatic assistant" not in found.draft, "an agent who sends it is its author"


async def test_rule_13_the_word_the_disclosure_asks_for_reaches_a_human(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    for word in ("human", "Human!\n\nBest, Mia", "Mensch", "humain", "humano"):
        found = await run(request_for(word), desk=desk, engine=local, emit=Watcher())
        assert found is not None and found.next_action == "handoff", word
    fine = await run(request_for("Human resources told me to reset my password, how?"), desk=desk, engine=local, emit=Watcher())
    assert fine is not None and fine.next_action != "handoff"


async def test_where_the_desk_has_turned_answering_off_there_is_no_draft(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    off = replace(desk, settings=Settings(answering=[Answering(mode="off", topic="password")]))
    found = await run(request_for("I forgot my password, how do I reset it?"), desk=off, engine=local, emit=Watcher())
    other = await run(request_for("Why was I charged twice?"), desk=off, engine=local, emit=Watcher())
    assert found is not None and (found.draft, found.next_action, found.record.get("automatic_reply")) == (None, "route", None)
    assert found.team is not None and found.team.name == "Level 1 Support"
    assert other is not None and other.draft is not None


async def test_rule_20_the_record_says_what_was_read_and_answered_with_private_things_hidden(
    desk: Desk, local: LocalEngine, request_for: MakeRequest
) -> None:
    request = request_for("I am mia@customers.example. I forgot my password, how do I reset it?", requester_name="https://evil.example/win")
    found = await run(request, desk=desk, engine=local, emit=Watcher())
    assert found is not None and found.draft is None
    assert [g["source"] for g in found.record["given"]] == ["subject", "message"]
    assert "mia@customers.example" not in str(found.record) and "[EMAIL_1]" in found.record["given"][1]["text"]
    output = found.record["output"]
    assert output["draft"] and output["quotes"] and output["team"] == "Level 1 Support", "also what a check took away"
    assert any(not c["passed"] for c in found.checks)
    assert {a["id"] for a in found.record["articles"]} == {"a-password", "a-charges"}


async def test_the_summary_grows_with_the_thread(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    now = datetime.now(UTC)
    thread = [
        ThreadMessage(kind="customer", text="The export of my invoices fails with an error.", created_at=now),
        ThreadMessage(kind="agent", text="Please try again.", created_at=now),
    ]
    found = await run(request_for("It still fails, now with error 502.", thread=thread), desk=desk, engine=local, emit=Watcher())
    assert found is not None
    assert found.summary == "The export of my invoices fails with an error. (1 answer since.) Now: It still fails, now with error 502."


async def test_at_most_one_question_and_only_where_nothing_answers(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    async def asked(text: str, **more: Any) -> tuple[str | None, str]:
        found = await run(request_for(text, **more), desk=desk, engine=local, emit=Watcher())
        assert found is not None
        return found.clarifying_question, found.next_action

    silent = "The webhook integration with our shop system does nothing at all for any of us."
    question, action = await asked(silent)
    assert question and question.count("?") == 1 and question.startswith("Since when") and action == "ask_clarification"
    assert (await asked(f"{silent} It shows error 502 since Monday."))[0] is None
    assert (await asked("It does not work for me at all."))[0], "too short to help with"
    assert (await asked(f"{silent} Let me talk to a real person please."))[0] is None
    assert (await asked(silent, mail_kind="auto-reply"))[0] is None
    answered = await run(request_for("I forgot my password, how do I reset it?"), desk=desk, engine=local, emit=Watcher())
    assert answered is not None and answered.draft and answered.clarifying_question is None


@pytest.mark.parametrize(
    ("language", "short", "question", "thread", "summary"),
    [
        (
            "de",
            "Es geht einfach nicht.",
            "Können Sie uns",
            "Ich habe die Lampe bestellt und sie ist kaputt.",
            "(noch nicht beantwortet.) Jetzt:",
        ),
        ("fr", "Cela ne va pas.", "Pourriez-vous", "J'ai commandé une lampe et elle est en panne.", "(pas encore de réponse.) Maintenant:"),
        ("es", "No funciona para mí.", "¿Podría", "He pedido una lámpara y no funciona con la luz.", "(sin respuesta todavía.) Ahora:"),
    ],
)
async def test_question_and_summary_speak_the_customers_language(
    desk: Desk, local: LocalEngine, request_for: MakeRequest, language: str, short: str, question: str, thread: str, summary: str
) -> None:
    asked = await run(request_for(short, "…"), desk=desk, engine=local, emit=Watcher())
    assert asked is not None and asked.language == language
    assert asked.clarifying_question is not None and asked.clarifying_question.startswith(question)
    earlier = [ThreadMessage(kind="customer", text=thread, created_at=datetime.now(UTC))]
    later = await run(request_for(short, "…", thread=earlier), desk=desk, engine=local, emit=Watcher())
    assert later is not None and later.summary.startswith(thread) and summary in later.summary


@pytest.mark.parametrize("asked", ASKED)
def test_every_question_is_one_question_in_each_language(asked: Asked) -> None:
    for words in (asked.words, GENERAL):
        assert set(words) == {"en", "de", "fr", "es"} and all(text.count("?") == 1 for text in words.values())


async def test_the_saved_reply_that_fits_is_named(desk: Desk, local: LocalEngine, request_for: MakeRequest) -> None:
    macros = Macros()
    fitting = Macro("browser", "Clear the browser's cache", "Please clear the cache of your browser and load the page again.")
    await macros.learn((Macro("thanks", "Thank and close", "Glad that it works again. I close this ticket."), fitting), local.embed)
    for text, macro in (
        ("The page looks broken in my browser, an old cached version is shown.", "browser"),
        ("What do your plans cost?", None),
    ):
        found = await run(request_for(text), desk=desk, engine=local, emit=Watcher(), fits=lambda triage: macros.best(triage.vector))
        assert found is not None and (found.macro.id if found.macro else None) == macro
