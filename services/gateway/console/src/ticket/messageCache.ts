import { cache, keys } from "@/api/cache";
import type { DeliveryState, HistoryEvent, Message } from "@/api/types";
import type { LiveEvent } from "@/live/protocol";

export interface Thread {
  messages: Message[];
}

const TEMPORARY = "sending:";
const heard = new Map<string, Map<string, Message>>();
const withdrawn = new Set<string>();

const byTime = (a: Message, b: Message): number => a.created_at.localeCompare(b.created_at);
export const isTemporary = (message: Message): boolean => message.id.startsWith(TEMPORARY);
export const temporaryId = (key: string): string => TEMPORARY + key;

/** The fetched thread plus what the socket said while it was on its way, and what is still being sent. */
export function completeThread(id: string, fetched: Message[]): Thread {
  const merged = new Map(fetched.map((message) => [message.id, message]));
  for (const [key, message] of heard.get(id) ?? []) merged.set(key, message);
  const sending = cache.getQueryData<Thread>(keys.messages(id))?.messages.filter(isTemporary) ?? [];
  return { messages: [...merged.values(), ...sending].filter((message) => !withdrawn.has(message.id)).sort(byTime) };
}

export function upsertMessage(list: Message[], message: Message): Message[] {
  const at = list.findIndex((present) => present.id === message.id);
  const present = list[at];
  if (present) return message.version < present.version ? list : list.with(at, { ...present, ...message });
  const echo = list.findIndex((present) => isTemporary(present) && present.kind === message.kind && sameText(present, message));
  if (echo >= 0) return list.with(echo, message);
  return [...list, message].sort(byTime);
}

const sameText = (a: Message, b: Message): boolean => (a.body_text ?? "").trim() === (b.body_text ?? "").trim();

export function receiveMessage(message: Message): void {
  // What agents are told by mail is no part of the conversation.
  if (withdrawn.has(message.id) || message.channel === "notice") return;
  const known = heard.get(message.ticket_id) ?? new Map<string, Message>();
  heard.set(message.ticket_id, known.set(message.id, message));
  change(message.ticket_id, (list) => upsertMessage(list, message));
}

export function change(ticket: string, edit: (list: Message[]) => Message[]): void {
  cache.setQueryData<Thread>(keys.messages(ticket), (thread) => thread && { ...thread, messages: edit(thread.messages) });
}

export function removeMessage(ticket: string, id: string): void {
  if (!id.startsWith(TEMPORARY)) withdrawn.add(id);
  heard.get(ticket)?.delete(id);
  change(ticket, (list) => list.filter((message) => message.id !== id));
}

const DELIVERY: Record<string, DeliveryState> = {
  "ticket.reply_sent": "sent",
  "ticket.reply_failed": "failed",
  "ticket.reply_bounced": "bounced",
  "ticket.reply_delayed": "delayed",
  "ticket.reply_unknown": "unknown",
  "ticket.reply_held": "held",
};

function actorOf(actor: unknown): HistoryEvent["actor"] {
  return actor && typeof actor === "object" && "kind" in actor ? (actor as HistoryEvent["actor"]) : { kind: "system", id: null };
}

/** What the history of a ticket changes in its thread. */
export function receiveHistory(event: LiveEvent): void {
  const data = (event.data ?? {}) as Record<string, unknown>;
  const message = typeof data.message_id === "string" ? data.message_id : null;
  const state = DELIVERY[event.type];
  if (message && state) {
    const reason = typeof data.reason === "string" ? data.reason : null;
    change(event.ticket_id, (list) =>
      list.map((each) => (each.id === message ? { ...each, delivery: { ...each.delivery, state, reason } } : each)),
    );
  }
  if (message && event.type === "ticket.reply_taken_back") removeMessage(event.ticket_id, message);
  const entry: HistoryEvent = { id: event.id, type: event.type, time: event.time, actor: actorOf(event.actor ?? data.actor), data };
  cache.setQueryData<HistoryEvent[]>(keys.history(event.ticket_id), (list) =>
    list && !list.some((each) => each.id === entry.id) ? [...list, entry] : list,
  );
}
