import { useRuns } from "@/ai/runs";
import { cache, keys } from "@/api/cache";
import type { Agent, Message, Suggestion, Ticket } from "@/api/types";
import { forgetTicket, receiveTicket } from "@/inbox/ticketCache";
import type { ChannelEvent, LiveEvent } from "@/live/protocol";
import { LiveSocket } from "@/live/socket";
import { type Present, useLive } from "@/live/store";
import { receiveHistory, receiveMessage, removeMessage } from "@/ticket/messageCache";

const object = (value: unknown): Record<string, unknown> => (value && typeof value === "object" ? (value as Record<string, unknown>) : {});

function onState(channel: string, event: LiveEvent): void {
  if (event.data) receiveTicket(event.data as Ticket);
  else if (channel === "queue:all") forgetTicket(event.ticket_id);
}

function onMessage(event: LiveEvent): void {
  const message = event.data as Message | null;
  if (!message) return;
  if (message.taken_back) removeMessage(event.ticket_id, message.id);
  else if (event.truncated || message.truncated) void cache.invalidateQueries({ queryKey: keys.messages(event.ticket_id) });
  else receiveMessage(message);
}

function onSuggested(event: LiveEvent): void {
  useRuns.getState().finish(event.ticket_id);
  const suggestion = object(event.data) as unknown as Suggestion;
  const whole = typeof suggestion.id === "string" && "draft" in suggestion && "confidence" in suggestion;
  if (!whole) void cache.invalidateQueries({ queryKey: keys.ai(event.ticket_id) });
  else
    cache.setQueryData<Suggestion[]>(keys.ai(event.ticket_id), (list) => [
      ...(list ?? []).filter((each) => each.id !== suggestion.id),
      suggestion,
    ]);
}

function onDecided(event: LiveEvent): void {
  const { suggestion_id: id, decision } = object(event.data);
  useRuns.getState().finish(event.ticket_id);
  cache.setQueryData<Suggestion[]>(keys.ai(event.ticket_id), (list) =>
    list?.map((each) => (each.id === id ? { ...each, decision: String(decision) } : each)),
  );
}

function onEvent({ ch, event }: ChannelEvent): void {
  if (event.type === "ticket.state") onState(ch, event);
  else if (event.type === "ticket.message") onMessage(event);
  else if (event.type === "ai.stage") useRuns.getState().stage(event.ticket_id, object(event.data));
  else if (event.type === "ai.delta") useRuns.getState().delta(event.ticket_id, String(object(event.data).text ?? ""));
  else if (event.type === "ai.suggested") onSuggested(event);
  else if (event.type === "presence" || event.type === "typing") onPresence({ ch, ...object(event.data) });
  else if (event.type === "ticket.ai_decided") onDecided(event);
  else if (event.type.startsWith("ticket.")) receiveHistory(event);
}

/** Whoever looks at a ticket, without oneself. Frames differ in detail between gateways, so every field is optional. */
export function onPresence(frame: Record<string, unknown>): void {
  const channel = String(frame.ch ?? frame.channel ?? "");
  const ticket = String(frame.ticket_id ?? (channel.startsWith("ticket:") ? channel.slice("ticket:".length) : ""));
  const people = frame.agents ?? frame.people ?? frame.members;
  if (!ticket || !Array.isArray(people)) return;
  const me = cache.getQueryData<Agent | null>(keys.me)?.id;
  const typing = Array.isArray(frame.typing) ? frame.typing : [];
  const present = people.map(object).map((person): Present => {
    const id = String(person.id ?? person.agent_id ?? "");
    return { id, name: String(person.name ?? "Somebody"), typing: person.typing === true || typing.includes(id) };
  });
  useLive.getState().setPresent(
    ticket,
    present.filter((person) => person.id && person.id !== me),
  );
}

function onGap(channels: string[]): void {
  for (const channel of channels) {
    if (channel.startsWith("queue:")) {
      void cache.invalidateQueries({ queryKey: ["list"] });
      void cache.invalidateQueries({ queryKey: keys.counts });
      void cache.invalidateQueries({ queryKey: ["ticket"] });
    }
    if (!channel.startsWith("ticket:")) continue;
    const id = channel.slice("ticket:".length);
    for (const key of [keys.messages(id), keys.ai(id), keys.history(id)]) void cache.invalidateQueries({ queryKey: key });
  }
}

const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`;

export const live = new LiveSocket(url, {
  onEvent,
  onPresence,
  onGap,
  onState: (state) => {
    useLive.getState().setConnection(state);
    // The session was ended elsewhere: ask who we are, the answer leads to the sign-in page.
    if (state === "refused") void cache.invalidateQueries({ queryKey: keys.me });
  },
});

window.addEventListener("online", () => live.hurry());
