import { useRuns } from "@/ai/runs";
import { cache, keys } from "@/api/cache";
import type { Agent, Message, Suggestion, Ticket } from "@/api/types";
import { forgetTicket, receiveTicket } from "@/inbox/ticketCache";
import type { ChannelEvent, LiveEvent, PresenceFrame } from "@/live/protocol";
import { LiveSocket } from "@/live/socket";
import { useLive } from "@/live/store";
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
  if (suggestion.replay) return;
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
  // Which other tickets are alike is only told by REST, to each reader what they may see.
  void cache.invalidateQueries({ queryKey: keys.ai(event.ticket_id) });
}

/** The event says only that something changed; a flood of them is one reading. */
let mailTimer: ReturnType<typeof setTimeout> | null = null;
function onMail(): void {
  if (mailTimer) return;
  mailTimer = setTimeout(() => {
    mailTimer = null;
    void cache.invalidateQueries({ queryKey: ["mail"] });
  }, 300);
}

function onEvent({ ch, event }: ChannelEvent): void {
  if (event.type === "mail.changed") onMail();
  else if (event.type === "ticket.state") onState(ch, event);
  else if (event.type === "ticket.message") onMessage(event);
  else if (event.type === "ai.stage") useRuns.getState().stage(event.ticket_id, object(event.data));
  else if (event.type === "ai.delta") useRuns.getState().delta(event.ticket_id, String(object(event.data).text ?? ""));
  else if (event.type === "ai.suggested") onSuggested(event);
  else if (event.type === "ticket.ai_decided") onDecided(event);
  else if (event.type.startsWith("ticket.")) receiveHistory(event);
  if (event.type === "ticket.message_moved" || event.type === "ticket.message_arrived")
    void cache.invalidateQueries({ queryKey: keys.messages(event.ticket_id) });
  if (event.type === "ticket.ai_answered") void cache.invalidateQueries({ queryKey: keys.ai(event.ticket_id) });
}

/** Whoever looks at a ticket, without oneself. */
function onPresence({ ticket, users }: PresenceFrame): void {
  const me = cache.getQueryData<Agent | null>(keys.me)?.id;
  const others = users.filter((user) => user.id !== me);
  useLive.getState().setPresent(ticket, others);
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

/** A handshake refused with 401 looks to a browser like any broken line; only REST tells the two apart. */
const LOSSES_BEFORE_ASKING = 3;
let losses = 0;

/** Signed out elsewhere: the answer leads to the sign-in page. Only the rights changed: the socket comes back with the new ones. */
async function whoAmI(): Promise<void> {
  await cache.refetchQueries({ queryKey: keys.me });
  const me = cache.getQueryData<Agent | null>(keys.me);
  if (me && useLive.getState().connection === "refused") live.hurry();
}

const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`;

export const live = new LiveSocket(url, {
  onEvent,
  onPresence,
  onGap,
  onState: (state) => {
    useLive.getState().setConnection(state);
    if (state === "live") {
      losses = 0;
      onMail(); // what was told meanwhile is told to nobody again
    }
    if (state === "refused" || (state === "lost" && ++losses % LOSSES_BEFORE_ASKING === 0)) void whoAmI();
  },
});

window.addEventListener("online", () => live.hurry());
