import { useRouter } from "@tanstack/react-router";
import { AlarmClock, Check, SignalHigh, Tag, UserPlus, Users, X } from "lucide-react";
import { contextOf } from "@/commands/context";
import { commandOf } from "@/commands/registry";
import { openPick, type Pick } from "@/commands/ui";
import { clearSelection, selectedIn, useSelection } from "@/inbox/selection";
import { IconButton } from "@/ui/controls";

const PICKS: readonly [Pick, string, typeof Check][] = [
  ["assign", "Assign", UserPlus],
  ["priority", "Priority", SignalHigh],
  ["team", "Move to team", Users],
  ["tags", "Tags", Tag],
  ["snooze", "Snooze", AlarmClock],
];

/** Stands where the head of the list was, for as long as rows are chosen. */
export function SelectionBar({ view }: { view: string }) {
  const router = useRouter();
  useSelection();
  const count = selectedIn(view).length;
  return (
    <div className="head selection" role="toolbar" aria-label="Selected tickets" data-testid="selection">
      <IconButton label="Clear the selection" keys="escape" onClick={clearSelection}>
        <X size={16} strokeWidth={1.75} />
      </IconButton>
      <b aria-live="polite">{count} selected</b>
      <div className="r">
        {PICKS.map(([pick, label, Icon]) => (
          <IconButton key={pick} label={label} keys={commandOf(pick).keys} onClick={(event) => openPick(pick, event.currentTarget)}>
            <Icon size={16} strokeWidth={1.75} />
          </IconButton>
        ))}
        <IconButton label="Resolve" keys="e" onClick={() => commandOf("resolve").run(contextOf(router))}>
          <Check size={16} strokeWidth={1.75} />
        </IconButton>
      </div>
    </div>
  );
}
