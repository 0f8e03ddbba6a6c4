import { cache, keys } from "@/api/cache";
import type { Agent, HistoryEvent, Named } from "@/api/types";
import { STATUS_NAMES } from "@/ticket/actions";

type Data = Record<string, unknown>;

const agentName = (id: unknown): string | null => cache.getQueryData<Agent[]>(keys.agents)?.find((agent) => agent.id === id)?.name ?? null;
const teamName = (id: unknown): string | null => cache.getQueryData<Named[]>(keys.teams)?.find((team) => team.id === id)?.name ?? null;

/** `{id, name}`, a bare id, or nothing: events hold ids only, names come from the desk. */
function idOf(value: unknown): unknown {
  return value && typeof value === "object" ? (value as Data).id : value;
}

const first = (data: Data, ...names: string[]): unknown => names.map((name) => data[name]).find((value) => value !== undefined);
const capital = (text: unknown): string =>
  String(text ?? "")
    .replaceAll("_", " ")
    .replace(/^./, (letter) => letter.toUpperCase());

function byWhom(actor: unknown): string {
  const { kind, id } = (actor && typeof actor === "object" ? actor : { kind: actor }) as { kind?: unknown; id?: unknown };
  if (kind === "ai") return ", by the assistant";
  const name = agentName(id);
  return kind === "agent" && name ? `, by ${name}` : "";
}

const SENTENCES: Record<string, (data: Data) => string | null> = {
  "ticket.assigned": (data) => {
    const id = idOf(first(data, "assignee_id", "assignee", "to"));
    if (id == null) return "Nobody is assigned now";
    return `Assigned to ${agentName(id) ?? "an agent"}`;
  },
  "ticket.status_changed": (data) => {
    const to = String(first(data, "to", "status") ?? "");
    // The reply above it has said so already.
    if (to === "replied") return null;
    if (to === "open") return "Open again";
    const with_ = data.reason === "incident" ? " with its incident" : "";
    return `Status is ${(STATUS_NAMES[to as keyof typeof STATUS_NAMES] ?? capital(to)).toLowerCase()}${with_}`;
  },
  "ticket.priority_changed": (data) => `Priority is ${capital(first(data, "to", "priority")).toLowerCase()}`,
  "ticket.team_changed": (data) => {
    const id = idOf(first(data, "team_id", "team", "to"));
    return id == null ? "Without a team now" : `Routed to ${teamName(id) ?? "another team"}`;
  },
  "ticket.escalated": (data) => `Escalated to ${teamName(idOf(first(data, "team_id", "team", "to"))) ?? "the next team"}`,
  "ticket.reopened": () => "Reopened",
  "ticket.merged": () => "Merged with another ticket",
  "ticket.message_corrected": () => "A message was read again from its mail",
  "ticket.message_restored": () => "A message is shown as it was read before",
  "ticket.rating_asked": () => "Customer asked how it went",
  "ticket.rated": (data) => (data.score === "bad" ? "Customer was not content" : "Customer was content"),
  "ticket.snoozed": () => "Snoozed",
  "ticket.sla_warned": () => "Target close to missed",
  "ticket.sla_breached": () => "Target missed",
};

/** One quiet line for the thread, or null for what the messages themselves already show. */
export function wordsFor(event: HistoryEvent): { text: string; machine: boolean } | null {
  const sentence = SENTENCES[event.type.replace(/^helpdesk\./, "").replace(/\.v\d+$/, "")]?.(event.data ?? {});
  if (!sentence) return null;
  const kind = event.actor && typeof event.actor === "object" ? (event.actor as Data).kind : event.actor;
  return { text: sentence + byWhom(event.actor), machine: kind === "ai" };
}
