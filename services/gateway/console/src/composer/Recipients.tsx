import { Lock, Mail } from "lucide-react";
import { useState } from "react";
import type { Ticket } from "@/api/types";
import { type Draft, useDrafts } from "@/composer/drafts";
import { Keys } from "@/ui/controls";

const addresses = (text: string): string[] => text.split(/[,;\s]+/).filter((each) => each.includes("@"));

export function Recipients({ ticket, draft }: { ticket: Ticket; draft: Draft }) {
  const [open, setOpen] = useState(false);
  const edit = useDrafts((state) => state.edit);
  if (draft.mode === "note") {
    return (
      <div className="to note-to">
        <Lock size={14} strokeWidth={1.75} /> <b>Internal note</b> only agents see it
        <ModeSwitch ticket={ticket} draft={draft} />
      </div>
    );
  }
  return (
    <div className="to" data-testid="recipients">
      <Mail size={14} strokeWidth={1.75} />
      <span>To</span>
      <b title={ticket.requester.email ?? undefined}>{ticket.requester.name || ticket.requester.email}</b>
      {open || draft.cc.length > 0 ? (
        <label className="cc">
          Cc
          <input
            aria-label="Cc"
            defaultValue={draft.cc.join(", ")}
            placeholder="name@example.org"
            onBlur={(event) => {
              edit(ticket.id, { cc: addresses(event.target.value) });
              setOpen(false);
            }}
          />
        </label>
      ) : (
        <button type="button" className="quiet" onClick={() => setOpen(true)}>
          · Cc none
        </button>
      )}
      <ModeSwitch ticket={ticket} draft={draft} />
    </div>
  );
}

function ModeSwitch({ ticket, draft }: { ticket: Ticket; draft: Draft }) {
  const edit = useDrafts((state) => state.edit);
  return (
    <span className="modes">
      {(["reply", "note"] as const).map((mode) => (
        <button
          key={mode}
          type="button"
          aria-pressed={draft.mode === mode}
          data-testid={`mode-${mode}`}
          onClick={() => edit(ticket.id, { mode })}
        >
          <Keys of={mode[0] ?? ""} /> {mode}
        </button>
      ))}
    </span>
  );
}
