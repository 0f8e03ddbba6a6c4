import { live } from "@/live/live";

const AGAIN_MS = 3000;
const STOPPED_MS = 5000;

const said = new Map<string, number>();
let stopped: ReturnType<typeof setTimeout> | undefined;

/** Advice for the colleagues, not a lock: it may be lost and nothing breaks. While somebody types, a mere "still here" says so too. */
export function sayPresence(ticket: string, typing: boolean): void {
  const recently = Date.now() - (said.get(ticket) ?? 0) < STOPPED_MS;
  live.send({ t: "presence", ticket, typing: typing || recently });
}

/** An answer is being written: said at most every three seconds, taken back after five without a key. */
export function sayTyping(ticket: string): void {
  clearTimeout(stopped);
  stopped = setTimeout(() => {
    said.delete(ticket);
    sayPresence(ticket, false);
  }, STOPPED_MS);
  if (Date.now() - (said.get(ticket) ?? 0) < AGAIN_MS) return;
  said.set(ticket, Date.now());
  sayPresence(ticket, true);
}
