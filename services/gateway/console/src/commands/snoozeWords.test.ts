import { describe, expect, it } from "vitest";
import { readTime } from "@/commands/snoozeWords";

const NOW = new Date(2026, 10, 22, 18, 0); // a Sunday
const at = (words: string): string | undefined => {
  const moment = readTime(words, NOW);
  return moment
    ? `${moment.getMonth() + 1}-${moment.getDate()} ${moment.getHours()}:${String(moment.getMinutes()).padStart(2, "0")}`
    : undefined;
};

describe("snooze in words", () => {
  it.each([
    ["tomorrow 9", "11-23 9:00"],
    ["tomorrow", "11-23 9:00"],
    ["in 3 hours", "11-22 21:00"],
    ["next monday", "11-23 9:00"],
    ["tue 2pm", "11-24 14:00"],
    ["friday 14:30", "11-27 14:30"],
    ["in two weeks", "12-6 9:00"],
    ["17:00", "11-23 17:00"],
    ["3 dec", "12-3 9:00"],
    ["dec 3", "12-3 9:00"],
  ])("reads %s", (words, moment) => expect(at(words)).toBe(moment));

  it.each(["yesterday", "when pigs fly", ""])("does not guess at %j", (words) => expect(at(words)).toBeUndefined());
});
