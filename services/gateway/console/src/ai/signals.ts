/** What the radar noticed, and what was made of it. */
import { call } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { Ticket } from "@/api/types";

type Schemas = components["schemas"];
export type Surge = Required<Schemas["SignalView"]>;
export type Gap = Required<Schemas["GapView"]>;
export type ArticleRecord = Required<Schemas["ArticleRecord"]>;

export const signalKeys = {
  surges: ["surges"] as const,
  gaps: ["gaps"] as const,
  record: (id: string) => ["article-record", id] as const,
};

/** The radar is not on the socket: the pages that show it ask again. */
export const ASK_AGAIN_MS = 5_000;

export const getSurges = async (): Promise<Surge[]> => (await call<Surge[]>("GET", "/ai/signals")).data;
export const getGaps = async (): Promise<Gap[]> => (await call<Gap[]>("GET", "/knowledge/gaps")).data;
export const getArticleRecord = async (id: string): Promise<ArticleRecord> =>
  (await call<ArticleRecord>("GET", `/articles/${id}/record`)).data;
export const openIncident = async (input: { subject: string; ticket_ids: string[]; signal_id: string }): Promise<Ticket> =>
  (await call<Ticket>("POST", "/incidents", { body: input })).data;
