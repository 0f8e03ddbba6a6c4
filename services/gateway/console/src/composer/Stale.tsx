import { TriangleAlert } from "lucide-react";
import type { Ticket } from "@/api/types";
import { useStale } from "@/composer/drafts";
import { PlainText } from "@/ticket/Body";
import { authorOf } from "@/ticket/people";

/** The refused send: what arrived meanwhile, right beside the untouched text. */
export function Stale({ ticket }: { ticket: Ticket }) {
  const news = useStale((state) => state.stale[ticket.id]);
  const set = useStale((state) => state.set);
  if (!news?.length) return null;
  return (
    <div className="stale" role="alert" data-testid="stale">
      <div>
        <TriangleAlert size={14} strokeWidth={1.75} /> Not sent:{" "}
        {news.length === 1 ? "a newer message has" : `${news.length} newer messages have`} arrived. Your text is untouched; send again if it
        still fits.
        <button type="button" className="link" onClick={() => set(ticket.id, [])}>
          Got it
        </button>
      </div>
      {news.slice(-2).map((message) => (
        <blockquote key={message.id}>
          <b>{authorOf(message)}</b>
          <PlainText text={(message.body_text ?? "").slice(0, 600)} />
        </blockquote>
      ))}
    </div>
  );
}
