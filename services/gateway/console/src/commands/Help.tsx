import { type KeyboardEvent, useState } from "react";
import { Modal } from "@/commands/Modal";
import { COMMANDS, type Command } from "@/commands/registry";
import { chordOf } from "@/commands/shortcuts";
import { useUi } from "@/commands/ui";
import { usePreferences } from "@/theme/preferences";
import { Keys } from "@/ui/controls";

const SECTIONS = ["Ticket", "Move", "Go to", "Desk"] as const;
const ALONE = new Set(["control", "shift", "alt", "meta", "tab"]);

/** The command that has these keys already. */
function holderOf(chord: string, but: Command): Command | undefined {
  const { keymap } = usePreferences.getState();
  return COMMANDS.find((each) => each !== but && each.keys && (keymap[each.keys] ?? each.keys) === chord);
}

/** Chosen like a menu entry, then pressed: the next key is the command's. Backspace gives it its own again. */
function Row({ command, own }: { command: Command; own: string }) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const changed = usePreferences((state) => state.keymap[own] !== undefined);
  const onKeyDown = (event: KeyboardEvent) => {
    const chord = chordOf(event.nativeEvent);
    if (!asked || ALONE.has(chord.split("+").at(-1) ?? "") || chord === "escape") return;
    event.preventDefault();
    event.stopPropagation();
    const holder = holderOf(chord, command);
    setProblem(holder ? `is “${holder.title}”` : null);
    if (holder) return;
    usePreferences.getState().setKeys(own, chord === "backspace" ? own : chord);
    setAsked(false);
  };
  return (
    <button
      type="button"
      className={changed ? "help-row changed" : "help-row"}
      title="Change its key"
      onClick={() => setAsked(true)}
      onKeyDown={onKeyDown}
      onBlur={() => setAsked(false)}
    >
      <span>{command.title}</span>
      {asked ? <em role="status">{problem ? `That ${problem}` : "Press a key"}</em> : <Keys of={own} />}
    </button>
  );
}

export function Help() {
  return (
    <Modal title="Keyboard shortcuts" className="help" close={() => useUi.getState().set({ help: false })}>
      <div className="help-columns">
        {SECTIONS.map((section) => (
          <section key={section}>
            <h3>{section}</h3>
            {COMMANDS.filter((command) => command.section === section).map(
              (command) => command.keys && <Row key={command.id} command={command} own={command.keys} />,
            )}
          </section>
        ))}
      </div>
      <p className="meta help-foot">Press a line to give it another key, Backspace for the one it came with. Kept on this device.</p>
    </Modal>
  );
}
