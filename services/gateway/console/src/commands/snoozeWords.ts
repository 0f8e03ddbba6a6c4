import { parse } from "chrono-node/en";

const MORNING = 9;
const BARE_HOUR = /\b(today|tonight|tomorrow|tmr|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)\s+(\d{1,2})\s*$/i;

/** "tomorrow 9", "in 3 hours", "next monday": the moment that is meant, or null. A day without a time is its morning. */
export function readTime(words: string, now: Date): Date | null {
  const [found] = parse(words.replace(BARE_HOUR, "$1 at $2"), now, { forwardDate: true });
  if (!found) return null;
  const moment = found.start.date();
  if (!found.start.isCertain("hour")) moment.setHours(MORNING, 0, 0, 0);
  return moment > now ? moment : null;
}
