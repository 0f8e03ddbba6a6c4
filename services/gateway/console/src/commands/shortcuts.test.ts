import { describe, expect, it } from "vitest";
import { COMMANDS } from "@/commands/registry";
import { chordOf, matching } from "@/commands/shortcuts";
import { usePreferences } from "@/theme/preferences";

const press = (key: string, more: Partial<KeyboardEvent> = {}) =>
  chordOf({ key, metaKey: false, ctrlKey: false, shiftKey: false, altKey: false, ...more });
const ids = (chord: string, before: string | null = null): string[] => matching(chord, before).map((command) => command.id);

describe("shortcuts", () => {
  it("names a key press the same way on every keyboard", () => {
    expect(press("E")).toBe("e");
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("Enter", { metaKey: true })).toBe("mod+enter");
    expect(press("Enter", { ctrlKey: true, shiftKey: true })).toBe("mod+shift+enter");
  });

  it("prefers a sequence over the single key", () => {
    expect(ids("i", "g")).toEqual(["go-inbox"]);
    expect(ids("i")).toEqual(["take"]);
  });

  it("follows the keys somebody chose", () => {
    usePreferences.getState().setKeys("e", "mod+e");
    expect(ids("e")).toEqual([]);
    expect(ids("mod+e")).toEqual(["resolve"]);
    usePreferences.getState().setKeys("e", "e");
    expect(ids("e")).toEqual(["resolve"]);
  });

  it("gives no key to two commands", () => {
    const used = COMMANDS.flatMap((command) => (command.keys ? [command.keys] : []));
    expect(new Set(used).size).toBe(used.length);
  });
});
