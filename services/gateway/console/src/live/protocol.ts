/** Frames of `helpdesk.v1.json`, as the outside contract fixes them. */

export interface LiveEvent {
  id: string;
  type: string;
  time: string;
  ticket_id: string;
  version?: number;
  actor?: unknown;
  data: unknown;
  truncated?: boolean;
}

export interface ChannelEvent {
  ch: string;
  cursor: string;
  event: LiveEvent;
}

export interface PresenceFrame {
  t: "presence";
  ticket: string;
  users: { id: string; name: string; typing: boolean }[];
}

export type ServerFrame =
  | { t: "hello"; session: string; heartbeat: number }
  | { t: "ok"; id: number; recovered: boolean; cursor: string }
  | ({ t: "ev" } & ChannelEvent)
  | { t: "batch"; events: ChannelEvent[] }
  | { t: "ping" }
  | PresenceFrame
  | { t: "bye"; reconnect_ms: number }
  | { t: "error"; code: string | number; ch?: string; detail?: string };

export const SUBPROTOCOL = "helpdesk.v1.json";

/** Full jitter: after an outage the whole desk must not come back in the same second. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(15_000, 400 * 2 ** attempt));
}
