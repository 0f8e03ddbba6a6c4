import { toast } from "sonner";
import { useRefused } from "@/ai/reasons";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Suggestion, Ticket } from "@/api/types";
import { focusComposer, useDrafts } from "@/composer/drafts";
import { receiveTicket } from "@/inbox/ticketCache";

/** Answered by a person, or no longer about the newest message. What the policy did by itself leaves the draft open. */
const OVER = new Set(["accepted", "edited", "rejected", "undone", "answered", "outdated", "replay", "off"]);

/** The newest suggestion nobody has answered yet. */
export function openSuggestion(list: Suggestion[] | undefined): Suggestion | null {
  const newest = list?.at(-1);
  return newest && !OVER.has(newest.decision ?? "") ? newest : null;
}

function decided(ticket: Ticket, suggestion: Suggestion, decision: string | undefined): void {
  // An answer on its way was given before this decision: it would bring the panel back.
  void cache.cancelQueries({ queryKey: keys.ai(ticket.id) });
  cache.setQueryData<Suggestion[]>(keys.ai(ticket.id), (list) =>
    list?.map((each) => (each.id === suggestion.id ? { ...each, decision } : each)),
  );
}

function intoComposer(ticket: Ticket, suggestion: Suggestion): void {
  if (!suggestion.draft) return;
  const written = useDrafts.getState().drafts[ticket.id]?.reply.trim();
  const reply = written ? `${written}\n\n${suggestion.draft}` : suggestion.draft;
  useDrafts.getState().edit(ticket.id, { reply, suggestion: suggestion.id });
  focusComposer(ticket.id, "reply");
}

/** Team, priority and tags as they were before the assistant set them. */
export async function undoRouting(ticket: Ticket, suggestion: Suggestion): Promise<void> {
  decided(ticket, suggestion, "undone");
  try {
    await api.decideSuggestion(ticket.id, suggestion.id, "undo");
    receiveTicket((await api.getTicket(ticket.id)).data);
  } catch (error) {
    decided(ticket, suggestion, suggestion.decision);
    toast.error("Not undone", { description: reasonOf(error) });
  }
}

/** A question or a saved reply: words to start from, which say nothing about the draft. */
export function writeInto(ticket: Ticket, words: string): void {
  const written = useDrafts.getState().drafts[ticket.id]?.reply.trim();
  useDrafts.getState().edit(ticket.id, { reply: written ? `${written}\n\n${words}` : words });
  focusComposer(ticket.id, "reply");
}

const DECISIONS = { accept: "accepted", edit: "edited", reject: "rejected" } as const;

/** The draft goes out as it is, in the name of who approves it. */
export async function approve(ticket: Ticket, suggestion: Suggestion): Promise<void> {
  decided(ticket, suggestion, "accepted");
  try {
    await api.decideSuggestion(ticket.id, suggestion.id, "accept", { send: true });
    receiveTicket((await api.getTicket(ticket.id)).data);
  } catch (error) {
    decided(ticket, suggestion, suggestion.decision);
    toast.error("Not sent", { description: reasonOf(error) });
  }
}

/** Never sends: the draft goes into the composer, team and priority onto the ticket. */
export async function decide(ticket: Ticket, suggestion: Suggestion, verb: "accept" | "edit" | "reject"): Promise<void> {
  decided(ticket, suggestion, DECISIONS[verb]);
  if (verb !== "reject") intoComposer(ticket, suggestion);
  try {
    await api.decideSuggestion(ticket.id, suggestion.id, verb);
    if (verb === "reject") useRefused.getState().ask({ ticket: ticket.id, suggestion: suggestion.id });
    if (verb === "accept") receiveTicket((await api.getTicket(ticket.id)).data);
  } catch (error) {
    decided(ticket, suggestion, suggestion.decision);
    toast.error("The assistant did not hear that", { description: reasonOf(error) });
  }
}
