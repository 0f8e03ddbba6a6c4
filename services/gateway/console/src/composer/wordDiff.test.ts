import { describe, expect, it } from "vitest";
import { wordDiff } from "@/composer/wordDiff";

const told = (before: string, after: string) => wordDiff(before, after).map(({ words, kind }) => `${kind}:${words.trim()}`);

describe("wordDiff", () => {
  it("keeps what stays and shows what came and went", () => {
    expect(told("Please reset the password now", "Please kindly reset the password")).toEqual([
      "same:Please",
      "new:kindly",
      "same:reset the password",
      "gone:now",
    ]);
  });

  it("joined without what went, it is the new text", () => {
    const after = "Hello Mia,\n\nit works again.";
    const pieces = wordDiff("Hi Mia,\n\nworks again now.", after);
    expect(
      pieces
        .filter(({ kind }) => kind !== "gone")
        .map(({ words }) => words)
        .join(""),
    ).toBe(after);
  });
});
