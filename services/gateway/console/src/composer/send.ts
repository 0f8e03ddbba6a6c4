import { toast } from "sonner";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { isStatus, reasonOf } from "@/api/http";
import type { Address, Agent, Message, ReplyInput, Status, Ticket } from "@/api/types";
import { rememberUndo } from "@/commands/undo";
import { othersOf } from "@/composer/audience";
import { type Draft, EMPTY, focusComposer, useDrafts, useStale } from "@/composer/drafts";
import { withPictures } from "@/composer/pictures";
import { findTicket, receiveTicket } from "@/inbox/ticketCache";
import { change, completeThread, receiveMessage, removeMessage, type Thread, temporaryId, upsertMessage } from "@/ticket/messageCache";

export const UNDO_SECONDS = 10;
export const ASSISTANT = "assistant";

const messagesOf = (ticket: string): Message[] => cache.getQueryData<Thread>(keys.messages(ticket))?.messages ?? [];

const othersIn = (ticket: Ticket, draft: Draft): Address[] => ((draft.all ?? true) ? othersOf(ticket, messagesOf(ticket.id)) : []);

function provisional(ticket: Ticket, draft: Draft, key: string, at: Date | undefined): Message {
  const me = cache.getQueryData<Agent | null>(keys.me);
  const note = draft.mode === "note";
  return {
    id: temporaryId(key),
    ticket_id: ticket.id,
    kind: note ? "note" : "agent",
    version: 0,
    author: me ? { id: me.id, name: me.name } : null,
    from: null,
    to: note ? [] : [{ name: ticket.requester.name, address: ticket.requester.email ?? "" }],
    cc: [...(note ? [] : othersIn(ticket, draft)), ...draft.cc.map((address) => ({ name: "", address }))],
    body_text: note ? draft.note : draft.reply,
    body_html: null,
    quoted_html: null,
    attachments: draft.attachments,
    created_at: new Date().toISOString(),
    taken_back: false,
    flags: [],
    delivery: {
      state: note ? "none" : at ? "scheduled" : "undo",
      reason: null,
      undo_until: (at ?? new Date(Date.now() + UNDO_SECONDS * 1000)).toISOString(),
    },
  };
}

function replyInput(ticket: Ticket, draft: Draft, statusAfter: Status | undefined, at: Date | undefined): ReplyInput {
  const html = withPictures(draft.reply, draft.attachments);
  return {
    body_text: draft.reply,
    ...(html ? { body_html: html } : {}),
    ...(othersIn(ticket, draft).length ? { reply_all: true } : {}),
    ...(draft.quote === undefined ? {} : { quote: draft.quote }),
    ...(draft.bcc?.length ? { bcc: draft.bcc } : {}),
    ...(at ? { send_at: at.toISOString() } : {}),
    undo_seconds: UNDO_SECONDS,
    ...(draft.to?.length ? { to: draft.to } : {}),
    ...(draft.cc.length ? { cc: draft.cc } : {}),
    ...(draft.attachments.length ? { attachments: draft.attachments.map((file) => file.id) } : {}),
    ...(statusAfter ? { status_after: statusAfter } : {}),
    ...(draft.suggestion ? { suggestion_id: draft.suggestion } : {}),
  };
}

async function post(ticket: Ticket, draft: Draft, key: string, statusAfter: Status | undefined, at: Date | undefined) {
  if (draft.mode === "note") {
    const files = draft.attachments.length ? { attachments: draft.attachments.map((file) => file.id) } : {};
    return api.postNote(ticket.id, { body_text: draft.note, ...files }, { key });
  }
  const input = replyInput(ticket, draft, statusAfter, at);
  try {
    return await api.postReply(ticket.id, input, { version: ticket.version, key });
  } catch (error) {
    if (!isStatus(error, 412)) throw error;
    const news = await unseen(ticket.id);
    if (news.length > 0) throw new StaleReply(news);
    // Only bookkeeping moved the version (a tag, a priority): nothing anybody would want to read first.
    const fresh = (await api.getTicket(ticket.id)).data;
    receiveTicket(fresh);
    return api.postReply(ticket.id, input, { version: fresh.version, key: crypto.randomUUID() });
  }
}

class StaleReply extends Error {
  constructor(readonly news: Message[]) {
    super("There is a newer message");
  }
}

/** Messages that exist on the server but were not in the thread when the agent pressed send. */
async function unseen(ticket: string): Promise<Message[]> {
  const seen = new Set(messagesOf(ticket).map((message) => message.id));
  const { data } = await api.getMessages(ticket);
  cache.setQueryData<Thread>(keys.messages(ticket), completeThread(ticket, data));
  return data.filter((message) => !seen.has(message.id) && message.kind !== "system" && message.kind !== "note");
}

/** Shows the message at once and empties the composer; if the server refuses, the text is back where it was. */
export async function send(ref: Ticket, status?: Status, at?: Date): Promise<void> {
  const ticket = findTicket(ref.id) ?? ref;
  const draft = useDrafts.getState().drafts[ticket.id] ?? EMPTY;
  const text = draft.mode === "note" ? draft.note : draft.reply;
  if (!text.trim()) return;
  const statusAfter = status ?? draft.status;
  const key = crypto.randomUUID();
  const temporary = provisional(ticket, draft, key, at);
  change(ticket.id, (list) => [...list, temporary]);
  useDrafts.getState().clear(ticket.id);
  useStale.getState().set(ticket.id, []);
  try {
    const { data, status: answer } = await post(ticket, draft, key, statusAfter, at);
    if (answer === 202 || !data?.id) return;
    removeMessage(ticket.id, temporary.id);
    change(ticket.id, (list) => upsertMessage(list, data));
    receiveMessage(data);
    if (data.delivery.state === "undo") rememberUndo(() => takeBack(data));
  } catch (error) {
    removeMessage(ticket.id, temporary.id);
    useDrafts.getState().edit(ticket.id, draft);
    if (error instanceof StaleReply) useStale.getState().set(ticket.id, error.news);
    else toast.error("Not sent, your text is back in the composer", { description: reasonOf(error), duration: 10_000 });
  }
}

/** What an agent may send as their own: without the line that says an assistant wrote it. */
const wordsOf = ({ author, body_text }: Message): string => (author?.id === ASSISTANT ? body_text?.split("\n\n-- \n")[0] : body_text) ?? "";

export async function takeBack(message: Message): Promise<void> {
  try {
    await api.undoReply(message.ticket_id, message.id);
    removeMessage(message.ticket_id, message.id);
    const present = useDrafts.getState().drafts[message.ticket_id];
    const said = wordsOf(message);
    const reply = present?.reply ? `${said}\n\n${present.reply}` : said;
    useDrafts.getState().edit(message.ticket_id, { mode: "reply", reply, attachments: message.attachments });
    focusComposer(message.ticket_id, "reply");
    toast("Taken back. The text is in the composer.");
  } catch (error) {
    toast.error("It can no longer be taken back", { description: reasonOf(error) });
  }
}
