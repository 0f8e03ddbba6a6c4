import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, OfflineError } from "@/api/http";
import type { Agent } from "@/api/types";

/** Server state lives here and nowhere else; the socket keeps it true, so nothing is refetched on a guess. */
export const cache = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== "me") cache.setQueryData(keys.me, null);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 15 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (count, error) => count < 3 && (error instanceof OfflineError || (error instanceof ApiError && error.status >= 500)),
      retryDelay: (count, error) =>
        error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : Math.min(8000, 400 * 2 ** count),
    },
    mutations: { networkMode: "always" },
  },
});

export const keys = {
  me: ["me"] as const,
  agents: ["agents"] as const,
  teams: ["teams"] as const,
  priorities: ["priorities"] as const,
  settings: ["settings"] as const,
  mailboxes: ["mailboxes"] as const,
  articles: ["articles"] as const,
  macros: ["macros"] as const,
  slas: ["slas"] as const,
  apiKeys: ["api-keys"] as const,
  customers: ["customers"] as const,
  article: (id: string) => ["article", id] as const,
  customer: (id: string) => ["customer", id] as const,
  customerTickets: (id: string) => ["customer-tickets", id] as const,
  list: (view: string) => ["list", view] as const,
  counts: ["counts"] as const,
  ticket: (ref: string) => ["ticket", ref] as const,
  messages: (id: string) => ["messages", id] as const,
  history: (id: string) => ["history", id] as const,
  ai: (id: string) => ["ai", id] as const,
};

/** Another person sits here now: what the last one could see is gone. `me` stays, because the page watches that very entry. */
export function becomes(me: Agent | null): void {
  cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
  cache.setQueryData(keys.me, me);
}
