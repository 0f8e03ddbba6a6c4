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
/** So many of the newest entries are in the page when a ticket opens, and so many more each time its reader comes near the first. */
const STEP = 120;
const NEAR_START = 800;
const ANCHORS = CSS.supports?.("overflow-anchor", "auto") ?? false;

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
  const [most, setMost] = useState(STEP);
  const heightBefore = useRef<number | null>(null);
  const earlier = Math.max(0, entries.length - most);
  const shown = earlier > 0 ? entries.slice(earlier) : entries;

  const toEnd = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another ticket starts at its end
  useLayoutEffect(() => {
    atEnd.current = true;
    toEnd();
  }, [ticket.id, isPending]);
  // The browser keeps what is being read where it is (scroll anchoring), except at the very top; Safari never does.
  const showEarlier = (more: number) => {
    const box = scroller.current;
    if (box && ANCHORS) box.scrollTop = Math.max(1, box.scrollTop);
    else heightBefore.current = box?.scrollHeight ?? null;
    setMost((before) => before + more);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only more entries above move it
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box && heightBefore.current !== null) box.scrollTop += box.scrollHeight - heightBefore.current;
    heightBefore.current = null;
  }, [most]);
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
    if (earlier > 0 && box.scrollTop < NEAR_START) showEarlier(STEP);
  };

  return (
    <div className="thread-box">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section className="thread" ref={scroller} onScroll={onScroll} data-testid="thread" aria-label="Conversation" tabIndex={0}>
        <div className={`thread-in ${shown.length > LONG ? "long" : ""}`} ref={content}>
          {slow && <ThreadSkeleton />}
          {error && !data && <Failed what="The conversation could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
          {earlier > 0 && (
            <button type="button" className="link earlier" onClick={() => showEarlier(earlier)}>
              Show all {earlier} earlier entries
            </button>
          )}
          {shown.map((entry) =>
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
