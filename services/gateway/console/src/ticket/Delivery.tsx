import type { Message } from "@/api/types";
import { takeBack, UNDO_SECONDS } from "@/composer/send";
import { isTemporary } from "@/ticket/messageCache";
import { useSecond } from "@/ui/time";

const WORDS: Record<string, string> = {
  scheduled: "scheduled",
  held: "held, the customer wrote first",
  queued: "queued",
  sending: "sending…",
  sent: "sent",
  delayed: "delayed, trying again",
  failed: "not sent",
  bounced: "bounced",
  unknown: "perhaps sent",
};

export function DeliveryWords({ message }: { message: Message }) {
  const { state, reason } = message.delivery;
  const words = WORDS[state];
  if (!words) return null;
  const bad = state === "failed" || state === "bounced";
  const tone = bad ? "bad" : state === "delayed" || state === "unknown" || state === "held" ? "warn" : "";
  return (
    <span className={`delivery ${tone}`} title={reason ?? undefined} data-testid="delivery-state" data-state={state}>
      {" · "}
      {words}
      {bad && reason ? `: ${reason}` : ""}
    </span>
  );
}

export const undoUntil = (message: Message): number =>
  Date.parse(message.delivery.undo_until ?? "") || Date.parse(message.created_at) + UNDO_SECONDS * 1000;

/** The thin line that shrinks while a reply can still be taken back. */
export function UndoStrip({ message }: { message: Message }) {
  const now = useSecond();
  const left = Math.ceil((undoUntil(message) - now) / 1000);
  const whole = Math.ceil((undoUntil(message) - Date.parse(message.created_at)) / 1000);
  if (message.delivery.state !== "undo") return null;
  if (left <= 0) return <div className="undo">Sending…</div>;
  return (
    <div className="undo" data-testid="undo-strip">
      <span>Goes out in {Math.min(left, whole)} s</span>
      <button type="button" className="link" data-testid="undo-send" disabled={isTemporary(message)} onClick={() => void takeBack(message)}>
        Take back
      </button>
      <i className="undo-line" style={{ animationDuration: `${left}s` }} />
    </div>
  );
}
