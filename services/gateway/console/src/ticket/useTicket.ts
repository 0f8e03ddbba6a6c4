import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import type { Ticket } from "@/api/types";
import { findTicket, freshest, receiveTicket, type TicketList } from "@/inbox/ticketCache";
import { live } from "@/live/live";
import { sayPresence } from "@/live/presence";
import { completeThread, type Thread } from "@/ticket/messageCache";

const positions = new Map<string, string | null>();

async function readThread(id: string): Promise<Thread> {
  const { data, position } = await api.getMessages(id);
  positions.set(id, position);
  return completeThread(id, data);
}

const threadQuery = (id: string) => ({ queryKey: keys.messages(id), queryFn: () => readThread(id) });
const ticketQuery = (ref: string) => ({ queryKey: keys.ticket(ref), queryFn: async () => freshest((await api.getTicket(ref)).data) });

/** Painted at once from the list row, completed by the server, kept true by the socket. */
export function useTicket(ref: string) {
  return useQuery({ ...ticketQuery(ref), placeholderData: () => findTicket(ref) });
}

export function useThread(id: string | undefined) {
  return useQuery({ ...threadQuery(id ?? ""), enabled: id !== undefined });
}

export const useHistory = (id: string | undefined) =>
  useQuery({ queryKey: keys.history(id ?? ""), queryFn: () => api.getHistory(id ?? ""), enabled: id !== undefined });
export const useSuggestions = (id: string) => useQuery({ queryKey: keys.ai(id), queryFn: () => api.getSuggestions(id), retry: 1 });

/** Other gateways forget a reader after 40 s of silence; saying it again also covers a reconnect. */
const PRESENCE_MS = 15_000;

/** Hears the ticket from where its thread was read, for as long as it is open. A thread left behind is read anew next time. */
export function useTicketChannel(id: string | undefined, loaded: boolean): void {
  useEffect(() => {
    if (!id || !loaded) return;
    const channel = `ticket:${id}`;
    live.subscribe(channel, positions.get(id) ?? null);
    sayPresence(id, false);
    const again = setInterval(() => sayPresence(id, false), PRESENCE_MS);
    return () => {
      clearInterval(again);
      live.unsubscribe(channel);
      for (const key of [keys.messages(id), keys.history(id), keys.ai(id)])
        void cache.invalidateQueries({ queryKey: key, refetchType: "none" });
    };
  }, [id, loaded]);
}

const DWELL_MS = 600;

/** Read is what stayed open for a moment: who passes through with J has not read it, and neither has a tab in the background. */
export function useMarkRead(ticket: Ticket | undefined, loaded: boolean): void {
  const { id, unread = false, version } = ticket ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer version may be unread again
  useEffect(() => {
    if (!id || !unread || !loaded) return;
    const timer = setTimeout(() => {
      if (document.visibilityState !== "visible") return;
      api.readTicket(id).then(
        ({ data, status }) => status === 200 && receiveTicket(data),
        // Without the right or the line it stays bold, which is the truth.
        () => undefined,
      );
    }, DWELL_MS);
    return () => clearTimeout(timer);
  }, [id, unread, loaded, version]);
}

const AHEAD = 3;

/** The next three tickets are read before they are asked for. */
export function usePrefetchNext(view: string | undefined, ticket: Ticket | undefined): void {
  const id = ticket?.id;
  useEffect(() => {
    if (!view || !id) return;
    const timer = setTimeout(() => {
      const rows = cache.getQueryData<TicketList>(keys.list(view))?.rows ?? [];
      const at = rows.findIndex((row) => row.id === id);
      for (const row of rows.slice(at + 1, at + 1 + AHEAD)) {
        void cache.prefetchQuery({ ...threadQuery(row.id), staleTime: 30_000 });
        void cache.prefetchQuery(ticketQuery(row.number));
      }
    }, 250);
    return () => clearTimeout(timer);
  }, [view, id]);
}
