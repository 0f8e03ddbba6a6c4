import { cache, keys } from "@/api/cache";
import type { Agent, Named, Ticket } from "@/api/types";
import { viewOf } from "@/inbox/views";

export interface TicketList {
  rows: Ticket[];
  /** Arrived while somebody reads: shown only when asked for, so that no row moves under the cursor. */
  pending: Ticket[];
  next: string | null;
}

/** How many tickets a view holds, by its key. */
export type Counted = Record<string, number>;

const RECENT_LIMIT = 500;
const recent = new Map<string, Ticket>();
const gone = new Set<string>();
const overlays = new Map<string, Map<string, Partial<Ticket>>>();

const myId = (): string => cache.getQueryData<Agent | null>(keys.me)?.id ?? "";
const teams = (): Named[] => cache.getQueryData<Named[]>(keys.teams) ?? [];

function overlaid(ticket: Ticket): Ticket {
  const waiting = overlays.get(ticket.id);
  return waiting ? Object.assign({}, ticket, ...waiting.values()) : ticket;
}

function remember(ticket: Ticket): void {
  recent.delete(ticket.id);
  recent.set(ticket.id, ticket);
  const oldest = recent.keys().next().value;
  if (recent.size > RECENT_LIMIT && oldest !== undefined) recent.delete(oldest);
}

/** A REST answer may be older than what the socket already said; the newer version wins, unsent changes stay on top. */
export function freshest(ticket: Ticket): Ticket {
  const heard = recent.get(ticket.id);
  return overlaid(heard && heard.version > ticket.version ? { ...ticket, ...heard } : ticket);
}

/** A fetched page, completed with what the socket said while it was on its way. */
export function completeList(view: string, fetched: Ticket[], next: string | null): TicketList {
  const { matches } = viewOf(view, teams());
  const rows = fetched
    .filter((ticket) => !gone.has(ticket.id))
    .map(freshest)
    .filter((ticket) => matches(ticket, myId()));
  const known = new Set(rows.map((ticket) => ticket.id));
  const floor = rows.at(-1)?.updated_at ?? "";
  const missed = [...recent.values()].filter((t) => !known.has(t.id) && matches(t, myId()) && (next === null || t.updated_at > floor));
  return { rows: [...missed.reverse().map(overlaid), ...rows], pending: [], next };
}

const newer = (incoming: Ticket, present: Ticket): boolean => incoming.version >= present.version;

function inOrder(rows: Ticket[], ticket: Ticket): Ticket[] {
  const at = rows.findIndex((row) => row.updated_at < ticket.updated_at);
  return at < 0 ? [...rows, ticket] : rows.toSpliced(at, 0, ticket);
}

/** `own`: the person at this screen did it, so the row may appear at once instead of waiting. */
export function writeIntoList(list: TicketList, ticket: Ticket, belongs: boolean, own = false): TicketList {
  const replace = (rows: Ticket[]): Ticket[] => {
    const at = rows.findIndex((row) => row.id === ticket.id);
    const present = rows[at];
    if (!present) return rows;
    if (!belongs) return rows.toSpliced(at, 1);
    return newer(ticket, present) ? rows.with(at, { ...present, ...ticket }) : rows;
  };
  const rows = replace(list.rows);
  const pending = replace(list.pending);
  const known = [...rows, ...pending].some((row) => row.id === ticket.id);
  if (!belongs || known) return rows === list.rows && pending === list.pending ? list : { ...list, rows, pending };
  return own ? { ...list, rows: inOrder(rows, ticket), pending } : { ...list, rows, pending: [ticket, ...pending] };
}

function writeEverywhere(ticket: Ticket, own = false): void {
  cache.setQueriesData<Ticket>({ queryKey: ["ticket"] }, (present) =>
    present?.id === ticket.id && newer(ticket, present) ? { ...present, ...ticket } : present,
  );
  for (const [key, list] of cache.getQueriesData<TicketList>({ queryKey: ["list"] })) {
    if (!list) continue;
    const belongs = viewOf(String(key[1]), teams()).matches(ticket, myId());
    cache.setQueryData(key, writeIntoList(list, ticket, belongs, own));
  }
}

const COUNT_AGAIN_MS = 5000;
let recount: ReturnType<typeof setTimeout> | undefined;

function countAgain(): void {
  recount = undefined;
  void cache.invalidateQueries({ queryKey: keys.counts });
}

/**
 * Moves the counts by what one ticket changed. A ticket we never saw may have been counted already: then the server is asked,
 * at most every five seconds.
 */
function count(before: Ticket | null, after: Ticket | null): void {
  if (!before && after && after.version > 1) {
    if (recount === undefined) recount = setTimeout(countAgain, COUNT_AGAIN_MS);
    return;
  }
  cache.setQueryData<Counted>(keys.counts, (counted) => {
    if (!counted) return counted;
    const moved = Object.entries(counted).map(([key, total]): [string, number] => {
      const { matches } = viewOf(key, teams());
      const was = before !== null && matches(before, myId());
      const is = after !== null && matches(after, myId());
      return [key, Math.max(0, total + Number(is) - Number(was))];
    });
    return Object.fromEntries(moved);
  });
}

/** What the server says a ticket is now. */
export function receiveTicket(ticket: Ticket): void {
  const heard = recent.get(ticket.id);
  if (heard && heard.version > ticket.version) return;
  gone.delete(ticket.id);
  const before = findTicket(ticket.id) ?? null;
  const whole = { ...heard, ...ticket };
  remember(whole);
  count(before, overlaid(whole));
  writeEverywhere(overlaid(whole));
}

/** The ticket left everything this person may see. */
export function forgetTicket(id: string): void {
  const before = findTicket(id);
  if (before) count(before, null);
  gone.add(id);
  recent.delete(id);
  for (const [key, list] of cache.getQueriesData<TicketList>({ queryKey: ["list"] })) {
    if (!list) continue;
    const without = (rows: Ticket[]): Ticket[] => rows.filter((row) => row.id !== id);
    cache.setQueryData(key, { ...list, rows: without(list.rows), pending: without(list.pending) });
  }
}

/** Shows a change before the server knows it. Returns how to take it off again. */
export function overlay(ticket: Ticket, change: Partial<Ticket>, token: string): () => void {
  const waiting = overlays.get(ticket.id) ?? new Map<string, Partial<Ticket>>();
  overlays.set(ticket.id, waiting.set(token, change));
  // On what is shown now: the caller's copy may be from before an event that came since.
  const present = findTicket(ticket.id) ?? ticket;
  count(present, { ...present, ...change });
  writeEverywhere({ ...present, ...change }, true);
  return () => {
    waiting.delete(token);
    if (waiting.size === 0) overlays.delete(ticket.id);
  };
}

export function findTicket(ref: string): Ticket | undefined {
  const same = (ticket: Ticket | undefined): boolean => ticket?.id === ref || ticket?.number === ref;
  for (const [, ticket] of cache.getQueriesData<Ticket>({ queryKey: ["ticket"] })) if (same(ticket)) return ticket;
  for (const [, list] of cache.getQueriesData<TicketList>({ queryKey: ["list"] })) {
    const found = list && [...list.rows, ...list.pending].find(same);
    if (found) return found;
  }
  return [...recent.values()].find(same);
}

export function showPending(view: string): void {
  cache.setQueryData<TicketList>(keys.list(view), (list) => list && { ...list, rows: [...list.pending, ...list.rows], pending: [] });
}
