"""Fields, clocks, teams and timers."""

from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from schemas.ai import AiSuggestion
from schemas.base import Actor, Named
from schemas.commands import EscalateTicket, SnoozeTicket, TimerFired
from services.runtime.ids import event_id, new_object_id
from services.tickets.domain import assistant, changes, sla
from services.tickets.domain.state import evolve
from services.tickets.domain.timers import of_ticket
from services.tickets.domain.turn import Rejected
from tests.tickets.domain.world import ADA, BEN, BILLING, L1, L2, LIGHT, NOOR, START, World

STATUSES = ["open", "replied", "on_hold", "resolved", "closed"]


def act(world: World, what: object, *args: object, actor: Actor | None = None, **named: object) -> None:
    turn = world.turn(actor)
    what(turn, *args, **named)  # type: ignore[operator]
    world.keep(turn)


def test_a_hold_moves_both_deadlines_by_its_length() -> None:
    world = World().opened()
    first, resolution = world.ticket.sla.first_response_due, world.ticket.sla.resolution_due
    act(world, changes.set_status, "on_hold", hold_reason="waiting_for_customer")
    assert sla.state(world.ticket) == "paused"
    world.wait(hours=3)
    act(world, changes.set_status, "open")
    assert first is not None
    assert resolution is not None
    assert world.ticket.sla.first_response_due == first + timedelta(hours=3)
    assert world.ticket.sla.resolution_due == resolution + timedelta(hours=3)
    pause = world.history[-1].data["pause"]
    assert pause["end"] - pause["start"] == timedelta(hours=3)


def test_another_priority_has_other_deadlines_with_the_pauses_kept() -> None:
    world = World().opened()
    act(world, changes.set_status, "on_hold")
    world.wait(minutes=10)
    act(world, changes.set_status, "open")
    act(world, changes.set_priority, "high")
    assert world.ticket.sla.first_response_due == START + timedelta(hours=1, minutes=10)


def test_a_free_text_hold_reason_is_refused() -> None:
    with pytest.raises(Rejected):
        changes.set_status(World().opened().turn(), "on_hold", hold_reason="because Mia Okafor said so")


def test_a_move_clears_an_assignee_who_is_not_in_the_team_and_the_next_in_rotation_gets_it() -> None:
    world = World().opened()
    act(world, changes.set_team, L2)
    assert world.ticket.assignee_id in {NOOR, BEN}
    act(world, changes.set_assignee, BEN)
    act(world, changes.set_team, BILLING)
    assert world.ticket.assignee_id in {NOOR, ADA}


def test_round_robin_takes_turns() -> None:
    world, chosen = World(), []
    for _ in range(4):
        one = World().opened()
        one.rotation = world.rotation
        act(one, changes.set_team, L2)
        world.rotation = one.rotation
        chosen.append(one.ticket.assignee_id)
    assert chosen[:2] == chosen[2:]
    assert set(chosen) == {NOOR, BEN}


def test_nobody_owns_what_they_may_not_see() -> None:
    world = World().opened()
    act(world, changes.set_team, L2)
    for agent in (ADA, LIGHT, new_object_id()):
        with pytest.raises(Rejected):
            changes.set_assignee(world.turn(), agent)


def test_escalation_counts_and_keeps_the_original_team() -> None:
    world = World().opened()
    act(world, changes.set_team, L1)
    act(world, changes.escalate, EscalateTicket())
    assert (world.ticket.team_id, world.ticket.escalation_count, world.ticket.original_team_id) == (L2, 1, L1)
    with pytest.raises(Rejected, match="no escalation"):
        changes.escalate(world.turn(), EscalateTicket())


def test_a_snooze_ends_by_time_or_by_the_customer() -> None:
    world = World().opened()
    act(world, changes.snooze, SnoozeTicket(until=START + timedelta(hours=1)))
    world.customer_writes()
    assert world.ticket.snoozed_until is None
    assert "woken" in world.history[-1].type or any(e.type == "ticket.woken" for e in world.history)


def test_resolved_closes_by_itself_after_the_desks_days() -> None:
    world = World(auto_close_days=4).opened()
    act(world, changes.set_status, "resolved")
    due = of_ticket(world.ticket, auto_close_days=4)["auto_close"]
    assert due == START + timedelta(days=4)
    world.wait(days=4)
    fired = TimerFired(timer=new_object_id(), kind="auto_close", generation=1, due_at=due)
    act(world, changes.timer, fired, actor=Actor(kind="timer"))
    assert world.ticket.status == "closed"


def test_a_breach_is_told_once() -> None:
    world = World().opened()
    due = of_ticket(world.ticket, auto_close_days=4)["sla_first_response"]
    world.wait(hours=9)
    fired = TimerFired(timer=new_object_id(), kind="sla_first_response", generation=1, due_at=due)
    for _ in range(2):
        act(world, changes.timer, fired, actor=Actor(kind="timer"))
    assert [e.type for e in world.history].count("ticket.sla_breached") == 1
    assert sla.state(world.ticket) == "failed"


def suggestion(world: World, **more: object) -> AiSuggestion:
    base = dict(
        id=event_id("run"), run_id="r", ticket_id=world.ticket.id, message_id=world.ticket.last_customer_message_id, ticket_version=1, engine="local", model="m",
        pipeline_version="1", created_at=START, team=Named(id=BILLING, name="Billing"), confidence=0.97, acts_on_team=True, priority="high", acts_on_priority=True,
    )  # fmt: skip
    return AiSuggestion(**{**base, **more})


def consider(world: World, **more: object) -> str:
    turn = world.turn(Actor(kind="ai", id="assistant"))
    decision = assistant.consider(turn, suggestion(world, **more))
    world.keep(turn)
    return decision


def test_the_assistant_routes_above_its_threshold() -> None:
    world = World().opened()
    assert consider(world) == "applied"
    assert (world.ticket.team_id, world.ticket.priority) == (BILLING, "high")
    assert world.ticket.human_set == ()


def test_the_assistant_only_suggests_below_it() -> None:
    world = World().opened()
    assert consider(world, acts_on_team=False, acts_on_priority=False) == "suggested"
    assert world.ticket.team_id is None


def test_the_assistant_never_lowers_a_priority() -> None:
    world = World().opened()
    consider(world, priority="low", acts_on_team=False)
    assert world.ticket.priority == "medium"


def test_what_a_human_decided_leaves_the_assistant_nothing_but_suggestions() -> None:
    world = World().opened()
    act(world, changes.set_team, L1)
    assert consider(world) == "human_decided"
    assert world.ticket.team_id == L1


def test_a_suggestion_older_than_the_newest_message_is_outdated() -> None:
    world = World().opened()
    old = world.ticket.last_customer_message_id
    world.wait(minutes=1)
    world.customer_writes()
    assert consider(world, message_id=old) == "outdated"
    assert world.ticket.team_id is None


def test_the_kill_switch_and_replays_never_act() -> None:
    assert consider(World(ai_enabled=False).opened()) == "off"
    assert consider(World().opened(), replay=True) == "replay"


moves = st.lists(
    st.one_of(
        st.tuples(st.just("status"), st.sampled_from(STATUSES)), st.tuples(st.just("priority"), st.sampled_from(["critical", "high", "medium", "low"])),
        st.tuples(st.just("team"), st.sampled_from([L1, L2, BILLING, None])), st.tuples(st.just("wait"), st.integers(1, 86_400)),
        st.tuples(st.just("customer"), st.just("x")),
    ),
    max_size=15,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(moves)
def test_folding_the_events_gives_the_state_and_deadlines_are_creation_plus_target_plus_pauses(steps: list[tuple[str, object]]) -> None:
    world = World().opened()
    for kind, value in steps:
        if kind == "wait":
            world.wait(seconds=value)  # type: ignore[arg-type]
        elif kind == "customer":
            world.customer_writes()
        else:
            act(world, {"status": changes.set_status, "priority": changes.set_priority, "team": changes.set_team}[kind], value)
    folded = None
    for place, event in enumerate(world.history, 1):
        assert event.version == place
        folded = evolve(
            folded, ticket_id=world.ticket.id, version=event.version, time=event.time, changes=event.payload().get("changes", {})
        )
    assert folded == world.ticket
    clocks = world.ticket.sla
    if clocks.first_response_due is not None:
        target = timedelta(seconds=(clocks.first_response_seconds or 0) + clocks.paused_seconds)
        assert abs(clocks.first_response_due - (START + target)) < timedelta(seconds=1)
    assert (clocks.paused_since is not None) == (world.ticket.status == "on_hold")


def test_a_mere_suggestion_does_not_move_the_ticket_in_the_list() -> None:
    world = World().opened()
    before = world.ticket.updated_at
    world.wait(minutes=1)
    assert consider(world, acts_on_team=False, acts_on_priority=False) == "suggested"
    assert world.ticket.updated_at == before
    assert consider(world) == "applied"
    assert world.ticket.updated_at == world.now
