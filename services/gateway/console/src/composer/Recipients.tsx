import { Lock, Mail } from "lucide-react";
import { useState } from "react";
import type { Ticket } from "@/api/types";
import { othersOf } from "@/composer/audience";
import { type Draft, useDrafts } from "@/composer/drafts";
import { receiversOf } from "@/ticket/people";
import { useThread } from "@/ticket/useTicket";
import { Keys } from "@/ui/controls";

const addresses = (text: string): string[] => text.split(/[,;\s]+/).filter((each) => each.includes("@"));

/** Everybody who will get the reply, before it is sent. */
export function Recipients({ ticket, draft }: { ticket: Ticket; draft: Draft }) {
  const edit = useDrafts((state) => state.edit);
  const { data } = useThread(ticket.id);
  if (draft.mode === "note") {
    return (
      <div className="to note-to">
        <Lock size={14} strokeWidth={1.75} /> <b>Internal note</b> only agents see it
        <ModeSwitch ticket={ticket} draft={draft} />
      </div>
    );
  }
  const others = othersOf(ticket, data?.messages ?? []);
  const all = draft.all ?? true;
  return (
    <div className="to" data-testid="recipients">
      <Mail size={14} strokeWidth={1.75} />
      <span>To</span>
      <b title={ticket.requester.email ?? undefined}>{draft.to?.join(", ") || ticket.requester.name || ticket.requester.email}</b>
      {others.length > 0 && (
        <button
          type="button"
          className="quiet"
          data-testid="reply-all"
          aria-pressed={all}
          title={all ? "They got the customer's mail too. Click to answer the requester alone" : "Answer everybody the mail went to"}
          onClick={() => edit(ticket.id, { all: !all })}
        >
          {all ? `and ${receiversOf(others)}` : `· not ${receiversOf(others)}`}
        </button>
      )}
      <Copies name="Cc" given={draft.cc} keep={(cc) => edit(ticket.id, { cc })} />
      <Copies name="Bcc" given={draft.bcc ?? []} keep={(bcc) => edit(ticket.id, { bcc })} />
      <ModeSwitch ticket={ticket} draft={draft} />
    </div>
  );
}

function Copies({ name, given, keep }: { name: "Cc" | "Bcc"; given: string[]; keep: (addresses: string[]) => void }) {
  const [open, setOpen] = useState(false);
  if (!open && given.length === 0) {
    return (
      <button type="button" className="quiet" onClick={() => setOpen(true)}>
        · {name} none
      </button>
    );
  }
  return (
    <label className="cc">
      {name}
      <input
        aria-label={name}
        defaultValue={given.join(", ")}
        placeholder="name@example.org"
        onBlur={(event) => {
          keep(addresses(event.target.value));
          setOpen(false);
        }}
      />
    </label>
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
