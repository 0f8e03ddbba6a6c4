import type { AnyRouter } from "@tanstack/react-router";
import { cache, keys } from "@/api/cache";
import type { Agent, Ticket } from "@/api/types";
import { useUi } from "@/commands/ui";
import { findTicket, type TicketList } from "@/inbox/ticketCache";

/** What a command may act on: where the agent is and what is open. */
export interface Context {
  router: AnyRouter;
  view: string;
  inList: boolean;
  opened: string | null;
  ticket: Ticket | null;
  me: Agent | null;
}

export function contextOf(router: AnyRouter): Context {
  const params = (router.state.matches.at(-1)?.params ?? {}) as { view?: string; ticket?: string };
  const opened = params.ticket ?? null;
  const ref = opened ?? useUi.getState().cursor;
  return {
    router,
    view: params.view ?? "inbox",
    inList: params.view !== undefined,
    opened,
    ticket: ref ? (findTicket(ref) ?? null) : null,
    me: cache.getQueryData<Agent | null>(keys.me) ?? null,
  };
}

export function go(context: Context, view: string, ticket?: string, replace = false): void {
  void context.router.navigate({ to: "/inbox/$view/{-$ticket}", params: { view, ticket }, replace });
}

export function neighbour(context: Context, step: 1 | -1): Ticket | null {
  const rows = cache.getQueryData<TicketList>(keys.list(context.view))?.rows ?? [];
  const at = rows.findIndex((row) => row.id === context.ticket?.id);
  if (at < 0) return rows[step === 1 ? 0 : rows.length - 1] ?? null;
  return rows[at + step] ?? null;
}

/** Moves through the list; an open ticket follows, otherwise only the highlight does. */
export function move(context: Context, step: 1 | -1): void {
  const target = neighbour(context, step);
  if (!target) return;
  useUi.getState().set({ cursor: target.id });
  if (context.opened) go(context, context.view, target.number, true);
}
