import { toast } from "sonner";
import { takesChildren } from "@/ai/withChildren";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Agent, Named, Status, Ticket, TicketPatch } from "@/api/types";
import { offerUndo } from "@/commands/undo";
import { overlay, receiveTicket } from "@/inbox/ticketCache";

const named = (list: Named[] | undefined, id: string | null | undefined): Named | null => list?.find((each) => each.id === id) ?? null;

/** How a ticket will look once the server has agreed. */
function shown(patch: TicketPatch): Partial<Ticket> {
  const { team_id, assignee_id, status, priority, tags, subject } = patch;
  const change: Partial<Ticket> = {};
  if (status) change.status = status;
  if (priority) change.priority = priority;
  if (tags) change.tags = tags;
  if (subject) change.subject = subject;
  if (team_id !== undefined) change.team = named(cache.getQueryData(keys.teams), team_id);
  if (assignee_id !== undefined) change.assignee = named(cache.getQueryData<Agent[]>(keys.agents), assignee_id);
  return change;
}

function inverse(ticket: Ticket, patch: TicketPatch): TicketPatch {
  const back: TicketPatch = {};
  if (patch.status !== undefined) back.status = ticket.status === "closed" ? "resolved" : ticket.status;
  if (patch.children !== undefined) back.children = patch.children;
  if (patch.priority !== undefined) back.priority = ticket.priority;
  if (patch.tags !== undefined) back.tags = ticket.tags;
  if (patch.subject !== undefined) back.subject = ticket.subject;
  if (patch.team_id !== undefined) back.team_id = ticket.team?.id ?? null;
  if (patch.assignee_id !== undefined) back.assignee_id = ticket.assignee?.id ?? null;
  return back;
}

async function apply(ticket: Ticket, patch: TicketPatch, what: string): Promise<void> {
  const settle = overlay(ticket, shown(patch), crypto.randomUUID());
  try {
    const { data, status } = await api.patchTicket(ticket.id, patch);
    settle();
    if (status === 200) receiveTicket(data);
  } catch (error) {
    settle();
    rollBack(ticket, shown(patch));
    toast.error(`${what} did not work`, { description: reasonOf(error), duration: 8000 });
  }
}

/** Puts the old values back; if the ticket has moved on since, the server is asked instead of guessing. */
function rollBack(before: Ticket, change: Partial<Ticket>): void {
  const old = Object.fromEntries(Object.keys(change).map((field) => [field, before[field as keyof Ticket]]));
  overlay(before, old, "rollback")();
  void api.getTicket(before.id).then(
    ({ data }) => receiveTicket(data),
    () => undefined,
  );
}

/** Acts at once, tells the server behind, and can be taken back with Z. */
export function change(ticket: Ticket, patch: TicketPatch, words: string): void {
  const back = inverse(ticket, patch);
  offerUndo(words, () => apply({ ...ticket, ...shown(patch) }, back, "Undo"));
  void apply(ticket, patch, words);
}

export const STATUS_NAMES: Record<Status, string> = {
  open: "Open",
  replied: "Replied",
  on_hold: "On hold",
  resolved: "Resolved",
  closed: "Closed",
};

/** An incident takes its open tickets with it, unless the agent has said that it goes alone. */
export function setStatus(ticket: Ticket, status: Status): void {
  const words = `${ticket.number} is ${STATUS_NAMES[status].toLowerCase()}`;
  if (ticket.children.length === 0) change(ticket, { status }, words);
  else if (!takesChildren(ticket)) change(ticket, { status, children: false }, `${words}; its tickets stay as they are`);
  else change(ticket, { status, children: true }, status === "resolved" || status === "closed" ? `${words}, with its open tickets` : words);
}

export function assign(ticket: Ticket, agent: Named | null): void {
  change(ticket, { assignee_id: agent?.id ?? null }, agent ? `Assigned to ${agent.name}` : "Nobody is assigned now");
}

export const setPriority = (ticket: Ticket, key: string, name: string): void =>
  change(ticket, { priority: key }, `Priority is ${name.toLowerCase()}`);
export const setTeam = (ticket: Ticket, team: Named | null): void =>
  change(ticket, { team_id: team?.id ?? null }, team ? `Moved to ${team.name}` : "Without a team now");
export const setTags = (ticket: Ticket, tags: string[]): void => change(ticket, { tags }, "Tags changed");

async function plain(words: string, act: () => Promise<{ data: Ticket | undefined; status: number }>): Promise<void> {
  try {
    const { data, status } = await act();
    if (data && status < 202) receiveTicket(data);
    toast(words);
  } catch (error) {
    toast.error(`${words}: this did not work`, { description: reasonOf(error) });
  }
}

/** True once both tickets are as they should be on this screen. */
export async function mergeInto(ticket: Ticket, into: Ticket): Promise<boolean> {
  try {
    const { data, status } = await api.mergeTicket(ticket.id, into.id);
    if (status < 202) receiveTicket(data);
    await cache.invalidateQueries({ queryKey: keys.messages(into.id) });
    toast(`${ticket.number} is merged into ${into.number}`);
    return true;
  } catch (error) {
    toast.error("Not merged", { description: reasonOf(error) });
    return false;
  }
}

export const escalate = (ticket: Ticket) => plain(`${ticket.number} escalated`, () => api.escalateTicket(ticket.id));
export const snooze = (ticket: Ticket, until: Date, words: string) =>
  plain(`Snoozed until ${words}`, () => api.snoozeTicket(ticket.id, until.toISOString()));
