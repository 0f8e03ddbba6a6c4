/** One door to the gateway: JSON in, JSON out, problem+json as a typed error. */
import type { CommandView } from "@/api/types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null,
    readonly retryAfter: number | null,
  ) {
    super(detail || title);
    this.name = "ApiError";
  }
}

export class OfflineError extends Error {
  constructor() {
    super("The server cannot be reached. Your text is kept here; try again in a moment.");
    this.name = "OfflineError";
  }
}

export interface Answer<T> {
  data: T;
  status: number;
  position: string | null;
}

type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return `/api/v1${path}${search ? `?${search}` : ""}`;
}

async function problem(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("Retry-After"));
  const body = await response.json().catch(() => null);
  const detail = typeof body?.detail === "string" ? body.detail : null;
  return new ApiError(response.status, body?.title ?? response.statusText, detail, Number.isFinite(after) && after > 0 ? after : null);
}

export async function call<T>(method: string, path: string, { query, body, form, headers, signal }: Options = {}): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new OfflineError();
  }
  if (!response.ok) throw await problem(response);
  const place = response.status === 202 ? response.headers.get("Location") : null;
  if (place) await settled(place, signal);
  const empty = response.status === 204 || response.headers.get("Content-Length") === "0";
  const data = empty ? undefined : await response.json().catch(() => undefined);
  return { data: data as T, status: response.status, position: response.headers.get("Stream-Position") };
}

const SETTLE_MS = [300, 700, 1500, 3000, 5000, 8000, 12_000];

/**
 * A write that was accepted but not yet done: what becomes of it. A refusal that comes late is still a refusal.
 * After half a minute nobody waits on: the command is in the log and the socket will say what it did.
 */
async function settled(place: string, signal?: AbortSignal): Promise<void> {
  const path = new URL(place, location.href).pathname.replace(/^\/api\/v1/, "");
  for (const wait of SETTLE_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const { data } = await call<CommandView>("GET", path, { signal }).catch((error) => {
      if (error instanceof OfflineError) return { data: null };
      throw error;
    });
    if (data?.status === "done") return;
    if (data?.status === "rejected") throw new ApiError(data.code ?? 422, data.reason ?? "Refused", data.detail ?? null, null);
  }
}

export const isStatus = (error: unknown, status: number): boolean => error instanceof ApiError && error.status === status;

export function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 503) return "The message log is not reachable right now. Try again in a few seconds.";
  if (error instanceof ApiError && error.status === 403) return error.detail ?? "You may not do this. Ask a lead or an admin.";
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}
