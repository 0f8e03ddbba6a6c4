import { toast } from "sonner";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { call, reasonOf } from "@/api/http";
import type { Message, Ticket } from "@/api/types";
import { offerUndo } from "@/commands/undo";
import { receiveTicket } from "@/inbox/ticketCache";

async function move(from: string, message: string, into: string | null): Promise<void> {
  const { data, status } = await call<Ticket>("POST", `/tickets/${from}/messages/${message}/move`, { body: { into } });
  if (status < 202) receiveTicket(data);
  await cache.invalidateQueries({ queryKey: keys.messages(from) });
}

/** Both directions are events of their tickets, so nothing is lost by moving and nothing is hidden by moving back. */
async function moved(message: Message, into: Ticket, words: string): Promise<void> {
  await cache.invalidateQueries({ queryKey: keys.messages(into.id) });
  offerUndo(words, async () => {
    try {
      await move(into.id, message.id, message.ticket_id);
      await cache.invalidateQueries({ queryKey: keys.messages(message.ticket_id) });
    } catch (error) {
      toast.error("Not moved back", { description: reasonOf(error) });
    }
  });
}

/** Throws what the form says. */
export async function moveTo(message: Message, number: string): Promise<void> {
  const { data: into } = await api.getTicket(number);
  await move(message.ticket_id, message.id, into.id);
  await moved(message, into, `Moved to ${into.number}`);
}

export async function split(message: Message): Promise<void> {
  try {
    await move(message.ticket_id, message.id, null);
    const author = message.author?.id;
    const newest = author ? (await api.listTickets({ requester: author, sort: "-created_at" }, null, 5)).data.data : [];
    const made = newest.find((ticket) => ticket.linked_to === message.ticket_id);
    if (made) await moved(message, made, `Split off into ${made.number}`);
    else toast("Split off into a new ticket");
  } catch (error) {
    toast.error("Not split off", { description: reasonOf(error) });
  }
}
