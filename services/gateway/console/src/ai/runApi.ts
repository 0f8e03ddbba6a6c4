/** The record of a run: what was read, asked, answered, checked and decided. */
import { call } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { Page, Suggestion, Whole } from "@/api/types";

type Schemas = components["schemas"];

export type RunLine = Whole<Schemas["RunLine"]>;
export type EngineView = Schemas["EngineView"];
export type RunAction = Schemas["RunAction"];

interface Segment {
  source: string;
  text: string;
}

export interface ModelCall {
  asked?: string;
  model: string;
  segments?: Segment[];
  prompt?: string;
  raw?: string;
  parsed?: unknown;
  tokens?: { in: number; out: number };
  usd?: number;
}

/** Older records lack what was added later. */
export interface RunRecord {
  flags?: string[];
  redactions?: Record<string, number>;
  given?: Segment[];
  output?: Record<string, unknown>;
  calls?: ModelCall[];
  failures?: { asked: string; reason: string }[];
  tokens?: { in: number; out: number };
  articles?: { id: string; version: number; score: number; meaning: number }[];
}

export type Run = Omit<Suggestion, "checks"> & {
  record: RunRecord;
  ticket: { id: string; number: string; subject: string };
  actions: RunAction[];
  replays: RunLine[];
  checks: { name: string; passed: boolean; detail: string }[];
  replay_of: string | null;
};

export interface RunFilter {
  engine?: string;
  decision?: string;
  replay?: boolean;
  failed?: boolean;
  ticket?: string;
}

export const runKeys = {
  list: (filter: RunFilter) => ["ai-runs", filter] as const,
  one: (id: string) => ["ai-run", id] as const,
  engines: ["ai-engines"] as const,
};

export const getRuns = async (filter: RunFilter, after?: string | null): Promise<Page<RunLine>> =>
  (await call<Page<RunLine>>("GET", "/ai/runs", { query: { ...filter, limit: 50, after } })).data;
export const getRun = async (id: string): Promise<Run> => (await call<Run>("GET", `/ai/runs/${encodeURIComponent(id)}`)).data;
export const getEngines = async (): Promise<EngineView[]> => (await call<EngineView[]>("GET", "/ai/engines")).data;
export const replayRun = (id: string, body: { engine?: string; model?: string }) =>
  call<unknown>("POST", `/ai/runs/${id}/replay`, { body });
