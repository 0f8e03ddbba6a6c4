import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import type { Ticket } from "@/api/types";
import { type Counted, completeList, freshest, type TicketList } from "@/inbox/ticketCache";
import type { View } from "@/inbox/views";
import { live } from "@/live/live";

/** The queues are heard from where the first list was read, so that nothing falls between the two. */
function hearQueues(position: string | null): void {
  live.subscribe("queue:all", position);
  live.subscribe("queue:me", position);
}

async function readList(view: View): Promise<TicketList> {
  const { data, position } = await api.listTickets(view.filter);
  hearQueues(position);
  return completeList(view.key, data.data, data.next);
}

export function useTicketList(view: View) {
  const query = useQuery({ queryKey: keys.list(view.key), queryFn: () => readList(view) });
  const loading = useRef(false);
  const next = query.data?.next ?? null;
  const loadMore = useCallback(async () => {
    if (!next || loading.current) return;
    loading.current = true;
    try {
      const { data } = await api.listTickets(view.filter, next);
      cache.setQueryData<TicketList>(keys.list(view.key), (list) => list && append(list, data.data, data.next));
    } finally {
      loading.current = false;
    }
  }, [next, view]);
  return { ...query, loadMore };
}

function append(list: TicketList, more: Ticket[], next: string | null): TicketList {
  const known = new Set([...list.rows, ...list.pending].map((row) => row.id));
  return { ...list, rows: [...list.rows, ...more.filter((ticket) => !known.has(ticket.id)).map(freshest)], next };
}

async function readCounts(): Promise<Counted> {
  const { inbox, mine, unassigned, snoozed, ai_review: review, teams } = await api.getCounts();
  const ofTeams = Object.entries(teams).map(([id, total]) => [`team-${id}`, total]);
  return { inbox, mine, unassigned, snoozed, review, ...Object.fromEntries(ofTeams) };
}

/** Read once, then kept true by the socket. */
export function useCounts(): (view: string) => string {
  const { data } = useQuery({ queryKey: keys.counts, queryFn: readCounts });
  return (key) => (data?.[key] ? String(data[key]) : "");
}
