import { useState } from "react";
import { toast } from "sonner";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Message } from "@/api/types";
import { sayTime } from "@/commands/sayTime";
import { takeBack } from "@/composer/send";
import { receiveTicket } from "@/inbox/ticketCache";
import { isTemporary } from "@/ticket/messageCache";

type Outcome = "sent" | "resend" | "failed";

const WORDS: Partial<Record<Message["delivery"]["state"], string>> = {
  held: "Not sent: the customer wrote first.",
  failed: "It did not go out.",
  bounced: "It came back.",
  unknown: "Nobody knows whether it went out. Ask the customer before you send it twice.",
};

/** What a person decides about a reply that is not simply on its way. */
export function Waiting({ message }: { message: Message }) {
  const [busy, setBusy] = useState(false);
  const { state, undo_until: until } = message.delivery;
  if (message.kind !== "agent" || isTemporary(message)) return null;
  const words = state === "scheduled" && until ? `Goes out ${sayTime(new Date(until))}` : WORDS[state];
  if (!words) return null;
  const settle = async (outcome: Outcome) => {
    setBusy(true);
    try {
      const { data, status } = await api.settleDelivery(message.ticket_id, message.id, outcome);
      if (status === 200) receiveTicket(data);
    } catch (error) {
      toast.error("That did not work", { description: reasonOf(error) });
    } finally {
      setBusy(false);
    }
  };
  const button = (name: string, act: () => void) => (
    <button key={name} type="button" className="link" disabled={busy} onClick={act}>
      {name}
    </button>
  );
  return (
    <div className="undo" data-testid="waiting" data-state={state}>
      <span>{words}</span>
      {state !== "scheduled" && button(state === "held" ? "Send anyway" : "Send again", () => void settle("resend"))}
      {state === "unknown" && button("It arrived", () => void settle("sent"))}
      {(state === "scheduled" || state === "held") && button("Take back", () => void takeBack(message))}
    </div>
  );
}
