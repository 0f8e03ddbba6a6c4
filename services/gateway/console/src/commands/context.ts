import type { AnyRouter } from "@tanstack/react-router";
import { cache, keys } from "@/api/cache";
import type { Agent, Ticket } from "@/api/types";
import { useUi } from "@/commands/ui";
import { selectedIn } from "@/inbox/selection";
import { findTicket, type TicketList } from "@/inbox/ticketCache";

/** What a command may act on: where the agent is and what is open. */
export interface Context {
  router: AnyRouter;
  view: string;
  inList: boolean;
  opened: string | null;
  ticket: Ticket | null;
  /** What a change applies to: the chosen ones, else the open or highlighted one. */
  tickets: Ticket[];
  me: Agent | null;
}

export function contextOf(router: AnyRouter): Context {
  const params = (router.state.matches.at(-1)?.params ?? {}) as { view?: string; ticket?: string };
  const opened = params.ticket ?? null;
  const ref = opened ?? useUi.getState().cursor;
  const view = params.view ?? "inbox";
  const ticket = ref ? (findTicket(ref) ?? null) : null;
  const selected = params.view === undefined ? [] : selectedIn(view);
  return {
    router,
    view,
    inList: params.view !== undefined,
    opened,
    ticket,
    tickets: selected.length > 0 ? selected : ticket ? [ticket] : [],
    me: cache.getQueryData<Agent | null>(keys.me) ?? null,
  };
}

export function go(context: Context, view: string, ticket?: string, replace = false): void {
  void context.router.navigate({ to: "/inbox/$view/{-$ticket}", params: { view, ticket }, replace });
}

const NOBODY: ReadonlySet<string> = new Set();

/** The next one in a direction that is not passed over. */
export function neighbour(context: Context, step: 1 | -1, passed = NOBODY): Ticket | null {
  const rows = cache.getQueryData<TicketList>(keys.list(context.view))?.rows ?? [];
  const at = rows.findIndex((row) => row.id === context.ticket?.id);
  const before = step === 1 ? rows.slice(at + 1) : rows.slice(0, at < 0 ? undefined : at).reverse();
  return before.find((row) => !passed.has(row.id)) ?? null;
}

/** Moves through the list; an open ticket follows, otherwise only the highlight does. */
export function move(context: Context, step: 1 | -1): void {
  const target = neighbour(context, step);
  if (!target) return;
  useUi.getState().set({ cursor: target.id });
  if (context.opened) go(context, context.view, target.number, true);
}
