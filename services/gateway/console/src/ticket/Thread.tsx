import { ArrowDown, Dot, Sparkles } from "lucide-react";
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { reasonOf } from "@/api/http";
import type { HistoryEvent, Message, Ticket } from "@/api/types";
import { wordsFor } from "@/ticket/historyWords";
import { MessageView } from "@/ticket/MessageView";
import { useHistory, useThread } from "@/ticket/useTicket";
import { Failed, useSlow } from "@/ui/controls";
import { fullDate } from "@/ui/time";

type Entry = { at: string; message: Message } | { at: string; line: { id: string; text: string; machine: boolean } };

/** Of what happened in the same moment, the customer's words come first and the confirmation of them last. */
const rank = (entry: Entry): number => ("line" in entry ? 1 : entry.message.kind === "system" ? 2 : 0);

function entriesOf(messages: Message[], history: HistoryEvent[]): Entry[] {
  const lines = history.flatMap((event): Entry[] => {
    const words = wordsFor(event);
    return words ? [{ at: event.time, line: { id: event.id, ...words } }] : [];
  });
  const said = messages.map((message): Entry => ({ at: message.created_at, message }));
  return [...said, ...lines].sort((a, b) => a.at.localeCompare(b.at) || rank(a) - rank(b));
}

function ThreadSkeleton() {
  return (
    <div className="msg skeleton" aria-hidden="true">
      <i className="disc" />
      <div>
        <i style={{ width: "30%" }} />
        <i style={{ width: "92%" }} />
        <i style={{ width: "70%" }} />
      </div>
    </div>
  );
}

const NEAR_END = 120;
/** From so many entries on, those out of sight are not laid out. */
const LONG = 40;

export function Thread({ ticket, children }: { ticket: Ticket; children?: ReactNode }) {
  const { data, isPending, error, refetch } = useThread(ticket.id);
  const { data: history } = useHistory(ticket.id);
  const slow = useSlow(isPending);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const messages = data?.messages;
  const entries = useMemo(() => entriesOf(messages ?? [], history ?? []), [messages, history]);
  const newest = messages?.at(-1);

  const toEnd = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another ticket starts at its end
  useLayoutEffect(() => {
    atEnd.current = true;
    toEnd();
  }, [ticket.id, isPending]);
  // Frames and images grow after they load; somebody who reads the end stays at the end.
  useEffect(() => {
    const inside = content.current;
    if (!inside) return;
    const watch = new ResizeObserver(() => (atEnd.current ? toEnd() : setBelow(true)));
    watch.observe(inside);
    return () => watch.disconnect();
  });

  const onScroll = () => {
    const box = scroller.current;
    if (!box) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (atEnd.current) setBelow(false);
  };

  return (
    <div className="thread-box">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section className="thread" ref={scroller} onScroll={onScroll} data-testid="thread" aria-label="Conversation" tabIndex={0}>
        <div className={`thread-in ${entries.length > LONG ? "long" : ""}`} ref={content}>
          {slow && <ThreadSkeleton />}
          {error && !data && <Failed what="The conversation could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
          {entries.map((entry) =>
            "message" in entry ? (
              <MessageView key={entry.message.id} message={entry.message} />
            ) : (
              <div key={entry.line.id} className="sys" title={fullDate(entry.at)}>
                {entry.line.machine ? <Sparkles size={13} strokeWidth={1.75} /> : <Dot size={13} strokeWidth={1.75} />}
                {entry.line.text}
              </div>
            ),
          )}
          {children}
        </div>
      </section>
      {below && (
        <button type="button" className="jump" onClick={toEnd}>
          <ArrowDown size={14} strokeWidth={1.75} /> Newest
        </button>
      )}
      <div className="sr" aria-live="polite">
        {newest && newest.kind === "customer" ? "New message from the customer" : ""}
      </div>
    </div>
  );
}
