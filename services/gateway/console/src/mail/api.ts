import { useQuery } from "@tanstack/react-query";
import { call } from "@/api/http";
import { useMe } from "@/api/queries";
import type { components } from "@/api/schema.gen";
import type { Page } from "@/api/types";

type Schemas = components["schemas"];
export type ParkedMail = Schemas["ParkedMailView"];
export type Suppression = Schemas["Suppression"];
export type Block = Schemas["BlockInput"];
export type Released = Schemas["Released"];

/** Everything below `mail` is read again when the gateway says `mail.changed`. */
export const mailKeys = {
  all: ["mail"] as const,
  parked: (reason: string, q: string) => ["mail", "parked", reason, q] as const,
  one: (id: string) => ["mail", "one", id] as const,
  counts: ["mail", "counts"] as const,
  suppressed: (q: string) => ["mail", "suppressed", q] as const,
  blocks: ["mail", "blocks"] as const,
  alarms: ["mail", "alarms"] as const,
};

const LIMIT = 100;
const page = async <T>(path: string, query: Record<string, string | number>): Promise<Page<T>> =>
  (await call<Page<T>>("GET", path, { query })).data;

export const useParked = (reason: string, q: string) =>
  useQuery({
    queryKey: mailKeys.parked(reason, q),
    queryFn: () => page<ParkedMail>("/mail/parked", { reason, q, limit: LIMIT }),
    placeholderData: (before) => before,
  });

export const useParkedMail = (id: string) =>
  useQuery({
    queryKey: mailKeys.one(id),
    queryFn: async () => (await call<ParkedMail>("GET", `/mail/parked/${id}`)).data,
  });

/** Light agents read and note only; parked mail is not theirs. */
export function useParkedCounts() {
  const { data: me } = useMe();
  return useQuery({
    queryKey: mailKeys.counts,
    queryFn: async () => (await call<Schemas["ParkedCounts"]>("GET", "/mail/parked/counts")).data,
    enabled: me != null && me.role !== "light",
  });
}

export const useSuppressed = (q: string) =>
  useQuery({
    queryKey: mailKeys.suppressed(q),
    queryFn: () => page<Suppression>("/mail/suppressions", { q, limit: LIMIT }),
    placeholderData: (before) => before,
  });

export const useBlocks = () => useQuery({ queryKey: mailKeys.blocks, queryFn: () => page<Block>("/mail/blocks", {}) });

export const useAlarms = () =>
  useQuery({
    queryKey: mailKeys.alarms,
    queryFn: async () => (await call<Schemas["PipelineStatus"]>("GET", "/pipeline/status")).data.alarms ?? [],
  });

export const release = async (id: string) => (await call<Released>("POST", `/mail/parked/${id}/release`)).data;
export const releaseAll = async (which: Schemas["ReleaseAll"]) =>
  (await call<Schemas["ReleasedAll"]>("POST", "/mail/parked/release", { body: which })).data;
export const remove = (id: string) => call<void>("DELETE", `/mail/parked/${id}`);
export const blockSender = (id: string, body: Schemas["BlockSender"]) => call<void>("POST", `/mail/parked/${id}/block`, { body });
export const addBlock = (body: Schemas["BlockInput"]) => call<Block>("POST", "/mail/blocks", { body });
export const removeBlock = (pattern: string) => call<void>("DELETE", `/mail/blocks/${encodeURIComponent(pattern)}`);
export const suppress = (body: Schemas["SuppressInput"]) => call<Suppression>("POST", "/mail/suppressions", { body });
export const lift = (address: string) => call<void>("DELETE", `/mail/suppressions/${encodeURIComponent(address)}`);
