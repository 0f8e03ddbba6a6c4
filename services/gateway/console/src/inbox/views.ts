import type { TicketFilter } from "@/api/endpoints";
import type { Ticket } from "@/api/types";
import { isWanted, type SavedView, savedKey, savedView } from "@/inbox/savedViews";

/** One predicate decides both what a live event does to a list and what the sidebar counts, so the two cannot disagree. */
export interface View {
  key: string;
  name: string;
  filter: TicketFilter;
  matches: (ticket: Ticket, me: string) => boolean;
}

const asleep = (ticket: Ticket): boolean => ticket.snoozed_until !== null && Date.parse(ticket.snoozed_until ?? "") > Date.now();
const unsolved = (ticket: Ticket): boolean => ticket.status !== "resolved" && ticket.status !== "closed";
const live = (ticket: Ticket): boolean => unsolved(ticket) && !asleep(ticket);

const LIVE: TicketFilter = { status: "open,replied,on_hold", snoozed: false };

export const VIEWS: readonly View[] = [
  { key: "inbox", name: "Inbox", filter: LIVE, matches: live },
  {
    key: "mine",
    name: "Mine",
    filter: { ...LIVE, assignee: "me" },
    matches: (ticket, me) => live(ticket) && ticket.assignee?.id === me,
  },
  {
    key: "unassigned",
    name: "Unassigned",
    filter: { ...LIVE, assignee: "none" },
    matches: (ticket) => live(ticket) && ticket.assignee === null,
  },
  {
    key: "review",
    name: "AI review",
    filter: { ...LIVE, ai_waiting: true },
    matches: (ticket) => live(ticket) && ticket.ai_waiting,
  },
  { key: "on-hold", name: "On hold", filter: { status: "on_hold" }, matches: (ticket) => ticket.status === "on_hold" },
  {
    key: "snoozed",
    name: "Snoozed",
    filter: { status: LIVE.status, snoozed: true },
    matches: (ticket) => unsolved(ticket) && asleep(ticket),
  },
  { key: "resolved", name: "Resolved", filter: { status: "resolved" }, matches: (ticket) => ticket.status === "resolved" },
  { key: "all", name: "All tickets", filter: {}, matches: () => true },
];

export function teamView(id: string, name: string): View {
  return {
    key: `team-${id}`,
    name,
    filter: { ...LIVE, team: id },
    matches: (ticket) => live(ticket) && ticket.team?.id === id,
  };
}

function ownView(saved: SavedView): View {
  const { status, priority, team, assignee, tag, unread } = saved;
  return {
    key: savedKey(saved),
    name: saved.name,
    filter: {
      snoozed: false,
      ...(status.length > 0 ? { status: status.join(",") } : {}),
      ...(priority.length > 0 ? { priority: priority.join(",") } : {}),
      ...(team ? { team } : {}),
      ...(assignee ? { assignee } : {}),
      ...(tag ? { tag } : {}),
      ...(unread ? { unread } : {}),
    },
    matches: (ticket, me) => !asleep(ticket) && isWanted(saved, ticket, me),
  };
}

/** A key from an address bar; an unknown one falls back to the inbox. */
export function viewOf(key: string, teams: readonly { id: string; name: string }[] = []): View {
  const fixed = VIEWS.find((view) => view.key === key);
  if (fixed) return fixed;
  const own = savedView(key);
  if (own) return ownView(own);
  if (!key.startsWith("team-")) return VIEWS[0] as View;
  const id = key.slice("team-".length);
  return teamView(id, teams.find((team) => team.id === id)?.name ?? "Team");
}
