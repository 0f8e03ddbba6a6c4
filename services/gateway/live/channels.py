"""Channel names. A *label* is what a client says (`queue:me`), a *key* is what it means (`queue:agent:ID`)."""

from schemas.topics import TICKET_STATE
from services.gateway.identity.principal import Viewer
from services.gateway.live.event import Event
from services.runtime.ids import is_uuid

_PLAIN = {"queue:all", "pipeline"}


def key_for(label: str, viewer: Viewer) -> str | None:
    """The key of a label for this viewer; None for a name that is no channel."""
    if label in _PLAIN:
        return label
    if label == "queue:me":
        return f"queue:agent:{viewer.agent_id}"
    if label == "user:me":
        return f"user:{viewer.agent_id}"
    for prefix in ("queue:team:", "ticket:"):
        if label.startswith(prefix) and is_uuid(label.removeprefix(prefix)):
            return label.lower()
    return None


def label_of(key: str) -> str:
    """What clients call a key."""
    if key.startswith("queue:agent:"):
        return "queue:me"
    return "user:me" if key.startswith("user:") else key


def keys_of(event: Event) -> list[tuple[str, str]]:
    """(key, label) of every channel an event may concern."""
    if event.topic != TICKET_STATE.name:
        label = f"ticket:{event.ticket_id}"
        return [(label, label)]
    teams = {f"queue:team:{team}" for team in (event.team, *event.was_teams) if team}
    agents = {f"queue:agent:{agent}" for agent in (event.assignee, *event.was_agents) if agent}
    return [("queue:all", "queue:all"), *((key, key) for key in teams), *((key, "queue:me") for key in agents)]


def holds(event: Event, key: str) -> bool:
    """Whether the ticket is in this channel now."""
    if key.startswith("queue:team:"):
        return event.team is not None and key == f"queue:team:{event.team}"
    if key.startswith("queue:agent:"):
        return event.assignee is not None and key == f"queue:agent:{event.assignee}"
    return True


def left(event: Event, key: str, viewer: Viewer) -> bool:
    """Whether the ticket has just left this queue or this viewer's sight, so that they must hear that it is gone, and nothing else."""
    if key.startswith("queue:agent:"):  # only its owner listens to it; theirs no more, or out of their sight
        return True
    if key.startswith("queue:team:"):
        team = key.removeprefix("queue:team:")
        return team in event.was_teams and viewer.sees(team)
    return any(viewer.sees(team or None) for team in event.was_teams)
