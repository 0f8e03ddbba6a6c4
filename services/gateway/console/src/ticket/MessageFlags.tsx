import { Ellipsis, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useMe } from "@/api/queries";
import type { Message } from "@/api/types";
import { moveTo, split } from "@/ticket/moving";
import { FormModal } from "@/ui/FormModal";

/** What an agent must know before believing or answering a mail. */
const WARNINGS: Record<string, string> = {
  reply_to_differs: "Asks for answers at another address. Answers go to the sender shown here.",
  quarantine: "Names two senders. Nobody knows who wrote it.",
  agent_unproven: "Claims to come from a colleague, which nothing proves. It is private and changed nothing.",
  copies_ignored: "Nothing proves the sender, so the people in Cc do not take part.",
};

function MoveForm({ message, close }: { message: Message; close: () => void }) {
  return (
    <FormModal
      title="Move this message"
      verb="Move"
      working="Moving…"
      close={close}
      save={(value) => moveTo(message, value("number").toUpperCase())}
    >
      <label>
        Ticket number
        <input name="number" required placeholder="TIK-261122-00042" autoComplete="off" />
      </label>
      <p className="meta">Both tickets keep a note of it in their history, and it can be moved back.</p>
    </FormModal>
  );
}

export function MessageFlags({ message }: { message: Message }) {
  const [busy, setBusy] = useState(false);
  const warnings = message.flags.map((flag) => WARNINGS[flag]).filter(Boolean);
  const changed = message.flags.includes("topic_changed");
  const splitOff = async () => {
    setBusy(true);
    await split(message);
    setBusy(false);
  };
  if (warnings.length === 0 && !changed) return null;
  return (
    <div className="msg-flags" data-testid="message-flags">
      {warnings.map((words) => (
        <p key={words}>
          <TriangleAlert size={14} strokeWidth={1.75} aria-label="Warning" /> {words}
        </p>
      ))}
      {changed && (
        <p>
          The subject is a wholly different one.{" "}
          <button type="button" className="link" disabled={busy} onClick={() => void splitOff()}>
            Split into a new ticket
          </button>
        </p>
      )}
    </div>
  );
}

/** Where a message that came in the wrong ticket is put right. */
export function MessageMenu({ message }: { message: Message }) {
  const { data: me } = useMe();
  const [moving, setMoving] = useState(false);
  if (me?.role === "light" || (message.kind !== "customer" && message.kind !== "third_party")) return null;
  return (
    <details className="msg-menu">
      <summary aria-label="Move or split this message" title="Move or split">
        <Ellipsis size={14} strokeWidth={1.75} />
      </summary>
      <div>
        <button type="button" className="link" onClick={() => void split(message)}>
          Split into a new ticket
        </button>
        <button type="button" className="link" onClick={() => setMoving(true)}>
          Move to another ticket…
        </button>
      </div>
      {moving && <MoveForm message={message} close={() => setMoving(false)} />}
    </details>
  );
}
