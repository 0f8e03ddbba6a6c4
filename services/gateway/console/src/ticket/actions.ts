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

/** Puts the old values back; if the ticket has moved on since, the server is asked instead of guessing. */
function rollBack(before: Ticket, change: Partial<Ticket>): void {
  const old = Object.fromEntries(Object.keys(change).map((field) => [field, before[field as keyof Ticket]]));
  overlay(before, old, "rollback")();
  void api.getTicket(before.id).then(
    ({ data }) => receiveTicket(data),
    () => undefined,
  );
}

export interface Edit {
  ticket: Ticket;
  patch: TicketPatch;
}

/** So many requests of one step are under way at a time: a hundred at once would only wait for each other. */
const ABREAST = 6;

async function applyAll(edits: Edit[], what: string): Promise<void> {
  const waiting = edits.map(({ ticket, patch }) => ({ ticket, patch, settle: overlay(ticket, shown(patch), crypto.randomUUID()) }));
  const refused: unknown[] = [];
  const work = async () => {
    for (let edit = waiting.shift(); edit; edit = waiting.shift()) {
      const reason = await tell(edit);
      if (reason !== null) refused.push(reason);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ABREAST, edits.length) }, work));
  if (refused.length === 0) return;
  const title = edits.length === 1 ? `${what} did not work` : `${what}: ${refused.length} of ${edits.length} did not work`;
  toast.error(title, { description: reasonOf(refused[0]), duration: 8000 });
}

/** Null once the server agreed; else why it did not, with the old values back in place. */
async function tell({ ticket, patch, settle }: Edit & { settle: () => void }): Promise<unknown> {
  try {
    const { data, status } = await api.patchTicket(ticket.id, patch);
    settle();
    if (status === 200) receiveTicket(data);
    return null;
  } catch (error) {
    settle();
    rollBack(ticket, shown(patch));
    return error;
  }
}

/** Acts on all at once, tells the server behind, and takes all of it back with one Z. */
export function changeEach(edits: Edit[], words: string): void {
  const back = edits.map(({ ticket, patch }) => ({ ticket: { ...ticket, ...shown(patch) }, patch: inverse(ticket, patch) }));
  offerUndo(words, () => applyAll(back, "Undo"));
  void applyAll(edits, words);
}

export const change = (ticket: Ticket, patch: TicketPatch, words: string): void => changeEach([{ ticket, patch }], words);

const changeAll = (tickets: Ticket[], patch: TicketPatch, words: string): void =>
  changeEach(
    tickets.map((ticket) => ({ ticket, patch })),
    words,
  );

/** "TIK-1" or "3 tickets": what a sentence about them begins with. */
const naming = (tickets: Ticket[]): string => (tickets.length === 1 ? (tickets[0]?.number ?? "") : `${tickets.length} tickets`);
/** Said before the words when it was more than one. */
const counted = (tickets: Ticket[], words: string): string =>
  tickets.length === 1 ? words : `${tickets.length} tickets: ${words.replace(/^./, (letter) => letter.toLowerCase())}`;

export const STATUS_NAMES: Record<Status, string> = {
  open: "Open",
  replied: "Replied",
  on_hold: "On hold",
  resolved: "Resolved",
  closed: "Closed",
};

/** An incident takes its open tickets with it, unless the agent has said that it goes alone. */
function statusEdit(ticket: Ticket, status: Status): Edit {
  if (ticket.children.length === 0) return { ticket, patch: { status } };
  return { ticket, patch: { status, children: takesChildren(ticket) } };
}

export function setStatus(tickets: Ticket[], status: Status): void {
  const edits = tickets.map((ticket) => statusEdit(ticket, status));
  const words = `${naming(tickets)} ${tickets.length === 1 ? "is" : "are"} ${STATUS_NAMES[status].toLowerCase()}`;
  const taken = edits.some(({ patch }) => patch.children) && (status === "resolved" || status === "closed");
  const alone = edits.some(({ patch }) => patch.children === false);
  changeEach(edits, `${words}${taken ? ", with its open tickets" : alone ? "; its tickets stay as they are" : ""}`);
}

export const assign = (tickets: Ticket[], agent: Named | null): void =>
  changeAll(tickets, { assignee_id: agent?.id ?? null }, counted(tickets, agent ? `Assigned to ${agent.name}` : "Nobody is assigned now"));

export const setPriority = (tickets: Ticket[], key: string, name: string): void =>
  changeAll(tickets, { priority: key }, counted(tickets, `Priority is ${name.toLowerCase()}`));
export const setTeam = (tickets: Ticket[], team: Named | null): void =>
  changeAll(tickets, { team_id: team?.id ?? null }, counted(tickets, team ? `Moved to ${team.name}` : "Without a team now"));

/** Puts a tag on all, or takes it off all. */
export function setTag(tickets: Ticket[], tag: string, on: boolean): void {
  const edits = tickets
    .filter((ticket) => ticket.tags.includes(tag) !== on)
    .map((ticket) => ({ ticket, patch: { tags: on ? [...ticket.tags, tag] : ticket.tags.filter((each) => each !== tag) } }));
  changeEach(edits, counted(tickets, on ? `Tagged “${tag}”` : `Tag “${tag}” removed`));
}

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

/** Asleep at once on this screen; Z wakes what it put to sleep. */
export async function snooze(tickets: Ticket[], until: Date | null, words: string): Promise<void> {
  const change = { snoozed_until: until?.toISOString() ?? null };
  const before = tickets.map((ticket) => ({ ticket, settle: overlay(ticket, change, crypto.randomUUID()) }));
  if (until) offerUndo(counted(tickets, `Snoozed until ${words}`), () => snooze(tickets, null, words));
  await Promise.all(before.map(({ ticket, settle }) => sleep(ticket, change, settle)));
}

async function sleep(ticket: Ticket, change: Pick<Ticket, "snoozed_until">, settle: () => void): Promise<void> {
  try {
    const { data, status } = await api.snoozeTicket(ticket.id, change.snoozed_until);
    settle();
    if (status < 202) receiveTicket(data);
  } catch (error) {
    settle();
    rollBack(ticket, change);
    toast.error(`${ticket.number} was not snoozed`, { description: reasonOf(error), duration: 8000 });
  }
}
