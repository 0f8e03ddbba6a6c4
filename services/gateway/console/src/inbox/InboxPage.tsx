import { useParams } from "@tanstack/react-router";
import { MessageSquare } from "lucide-react";
import { type PointerEvent, useEffect, useMemo } from "react";
import { useTeams } from "@/api/queries";
import { useSavedViews } from "@/inbox/savedViews";
import { TicketList } from "@/inbox/TicketList";
import { viewOf } from "@/inbox/views";
import { usePreferences } from "@/theme/preferences";
import { TicketPane } from "@/ticket/TicketPane";
import { Empty, Keys } from "@/ui/controls";

function ResizeHandle() {
  const { listWidth, setListWidth } = usePreferences();
  const drag = (event: PointerEvent<HTMLButtonElement>) => {
    const start = event.clientX;
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => setListWidth(listWidth + moved.clientX - start);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", move), { once: true });
  };
  return (
    <button
      type="button"
      className="resize"
      aria-label={`Width of the list, ${listWidth} pixels; arrow keys change it`}
      onPointerDown={drag}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") setListWidth(listWidth - 16);
        if (event.key === "ArrowRight") setListWidth(listWidth + 16);
      }}
    />
  );
}

export function InboxPage() {
  const { view: key = "inbox", ticket } = useParams({ strict: false }) as { view?: string; ticket?: string };
  const { data: teams } = useTeams();
  const saved = useSavedViews((state) => state.views);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a saved view is found by its key
  const view = useMemo(() => viewOf(key, teams), [key, teams, saved]);
  const width = usePreferences((state) => state.listWidth);
  useEffect(() => {
    if (!ticket) document.title = `${view.name} · Helpdesk`;
  }, [view.name, ticket]);
  return (
    <div className={`inbox ${ticket ? "has-ticket" : ""}`} style={{ "--list": `${width}px` } as React.CSSProperties}>
      <TicketList view={view} opened={ticket ?? null} />
      <ResizeHandle />
      {ticket ? (
        <TicketPane reference={ticket} view={view.key} />
      ) : (
        <main className="pane nothing">
          <Empty icon={<MessageSquare size={20} strokeWidth={1.75} />} title="No ticket open">
            Move with <Keys of="j" /> and <Keys of="k" />, open with <Keys of="enter" />. Every key is behind <Keys of="?" />.
          </Empty>
        </main>
      )}
    </div>
  );
}
