import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { contextOf } from "@/commands/context";
import { COMMANDS, type Command } from "@/commands/registry";
import { isFloating, typeAhead, useUi } from "@/commands/ui";
import { usePreferences } from "@/theme/preferences";

const SEQUENCE_MS = 1000;

/** "mod+shift+enter", "e", "?": one name for a key press, the same on every keyboard. */
export function chordOf(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "shiftKey" | "altKey">): string {
  const key = event.key.toLowerCase();
  const modified = event.metaKey || event.ctrlKey;
  const shift = event.shiftKey && (modified || key.length > 1);
  return [modified && "mod", event.altKey && "alt", shift && "shift", key].filter(Boolean).join("+");
}

export function matching(chord: string, before: string | null, commands: readonly Command[] = COMMANDS): Command[] {
  const { keymap } = usePreferences.getState();
  const pressedBy = (keys: string) => commands.filter((command) => command.keys && (keymap[command.keys] ?? command.keys) === keys);
  const sequence = before ? pressedBy(`${before} ${chord}`) : [];
  return sequence.length ? sequence : pressedBy(chord);
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

/** Between the key that opens a dialog and the dialog's field having the focus, letters are text for it, never commands. */
function keepForDialog(event: KeyboardEvent): void {
  const { palette, pick, merge } = useUi.getState();
  const focused = document.activeElement?.closest("[role=dialog]");
  if (focused || event.metaKey || event.ctrlKey || event.key.length > 1) return;
  event.preventDefault();
  if (palette || pick || merge) typeAhead(event.key);
}

export function useShortcuts(): void {
  const router = useRouter();
  useEffect(() => {
    let before: { key: string; at: number } | null = null;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (isFloating(useUi.getState())) {
        keepForDialog(event);
        return;
      }
      const chord = chordOf(event);
      const recent = before && Date.now() - before.at < SEQUENCE_MS ? before.key : null;
      before = { key: chord, at: Date.now() };
      const onControl = event.target instanceof HTMLElement && event.target.matches("button, a") && (chord === "enter" || chord === " ");
      if (onControl) return;
      const context = contextOf(router);
      const command = matching(chord, recent).find((each) => (each.global || !isField(event.target)) && (each.when?.(context) ?? true));
      if (!command) return;
      event.preventDefault();
      before = null;
      command.run(context);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router]);
}
