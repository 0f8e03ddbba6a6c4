import { useVirtualizer } from "@tanstack/react-virtual";
import { Inbox, Plus, SlidersHorizontal } from "lucide-react";
import { useEffect, useRef } from "react";
import { reasonOf } from "@/api/http";
import { useUi } from "@/commands/ui";
import { SelectionBar } from "@/inbox/SelectionBar";
import { savedView } from "@/inbox/savedViews";
import { useSelection } from "@/inbox/selection";
import { TicketRow } from "@/inbox/TicketRow";
import { showPending } from "@/inbox/ticketCache";
import { useCounts, useTicketList } from "@/inbox/useTicketList";
import type { View } from "@/inbox/views";
import { MenuButton } from "@/shell/MenuButton";
import { usePreferences } from "@/theme/preferences";
import { Empty, Failed, IconButton, Keys, useSlow } from "@/ui/controls";

const HEIGHT = { comfortable: 76, compact: 56 };

function Skeletons({ height }: { height: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: 9 }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the placeholders have no identity
        <div key={at} className="row skeleton" style={{ height }}>
          <i className="st" />
          <i style={{ width: "38%" }} />
          <i style={{ width: `${88 - (at % 3) * 12}%` }} />
          <i style={{ width: "24%" }} />
        </div>
      ))}
    </div>
  );
}

function Teach({ view }: { view: View }) {
  return (
    <Empty
      icon={<Inbox size={20} strokeWidth={1.75} />}
      title={view.key === "inbox" ? "Everything is answered" : `Nothing in ${view.name}`}
    >
      New mail appears here by itself. Press <Keys of="c" /> to log a call, or <Keys of="g u" /> to see what nobody has taken.
    </Empty>
  );
}

export function TicketList({ view, opened }: { view: View; opened: string | null }) {
  const { data, isPending, error, refetch, loadMore } = useTicketList(view);
  const rows = data?.rows ?? [];
  const count = useCounts()(view.key);
  const density = usePreferences((state) => state.density);
  const cursor = useUi((state) => state.cursor);
  const slow = useSlow(isPending);
  const own = savedView(view.key);
  const chosen = useSelection((state) => (state.view === view.key ? state.ids : null));
  const choosing = rows.some((row) => chosen?.has(row.id));
  const scroller = useRef<HTMLDivElement>(null);
  const height = HEIGHT[density];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (at) => rows[at]?.id ?? at,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const at = rows.findIndex((row) => (opened ? row.number === opened || row.id === opened : row.id === cursor));

  // The virtualiser keeps the sizes it measured; a new density needs new ones.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a changed height matters
  useEffect(() => virtual.measure(), [height]);
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 8) void loadMore();
  }, [last, rows.length, loadMore]);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [at, virtual]);

  return (
    <section className={choosing ? "list choosing" : "list"} aria-label={view.name}>
      {choosing ? (
        <SelectionBar view={view.key} />
      ) : (
        <div className="head">
          <MenuButton />
          <h2>{view.name}</h2>
          <span className="n">{count}</span>
          <div className="r">
            {own && (
              <IconButton label="Change this view" onClick={() => useUi.getState().set({ viewForm: { view: own } })}>
                <SlidersHorizontal size={16} strokeWidth={1.75} />
              </IconButton>
            )}
            <IconButton label="New ticket" keys="c" onClick={() => useUi.getState().set({ newTicket: true })}>
              <Plus size={16} strokeWidth={1.75} />
            </IconButton>
          </div>
        </div>
      )}
      <div aria-live="polite">
        {data && data.pending.length > 0 && (
          <button type="button" className="new" data-testid="show-new" onClick={() => showPending(view.key)}>
            {data.pending.length} new {data.pending.length === 1 ? "ticket" : "tickets"} <Keys of="." />
          </button>
        )}
      </div>
      <div className="rows" ref={scroller} data-testid="ticket-list">
        {slow && <Skeletons height={height} />}
        {error && !data && <Failed what="The list could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
        {data && rows.length === 0 && <Teach view={view} />}
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const ticket = rows[item.index];
            if (!ticket) return null;
            return (
              <div key={item.key} className="slot" style={{ height, transform: `translateY(${item.start}px)` }}>
                <TicketRow
                  ticket={ticket}
                  view={view.key}
                  selected={item.index === at && opened !== null}
                  focused={item.index === at && opened === null}
                  chosen={chosen?.has(ticket.id) ?? false}
                />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
