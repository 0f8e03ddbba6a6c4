import { TicketX } from "lucide-react";
import { useEffect } from "react";
import { AiDraft } from "@/ai/AiDraft";
import { isStatus, reasonOf } from "@/api/http";
import { useUi } from "@/commands/ui";
import { Composer } from "@/composer/Composer";
import { ContextPanel } from "@/context/ContextPanel";
import { usePreferences } from "@/theme/preferences";
import { Thread } from "@/ticket/Thread";
import { TicketHeader } from "@/ticket/TicketHeader";
import { useMarkRead, usePrefetchNext, useThread, useTicket, useTicketChannel } from "@/ticket/useTicket";
import { Empty, Failed, useSlow } from "@/ui/controls";

export function TicketPane({ reference, view }: { reference: string; view?: string }) {
  const { data: ticket, error, refetch, isPending } = useTicket(reference);
  const slow = useSlow(isPending);
  const { isSuccess } = useThread(ticket?.id);
  const wide = usePreferences((state) => state.context);
  const drawer = useUi((state) => state.drawer);
  useTicketChannel(ticket?.id, isSuccess);
  useMarkRead(ticket, isSuccess);
  usePrefetchNext(view, ticket);
  useEffect(() => {
    if (ticket) document.title = `${ticket.subject} · ${ticket.number}`;
  }, [ticket]);

  if (error && !ticket) {
    const missing = isStatus(error, 404);
    return (
      <main className="pane nothing">
        {missing ? (
          <Empty icon={<TicketX size={20} strokeWidth={1.75} />} title={`There is no ticket ${reference}`}>
            It may have been erased, or it belongs to a team you are not in.
          </Empty>
        ) : (
          <Failed what="The ticket could not be read" reason={reasonOf(error)} retry={() => void refetch()} />
        )}
      </main>
    );
  }
  if (!ticket) return <main className="pane nothing">{slow && <span className="meta">Opening…</span>}</main>;
  return (
    <>
      <main className="pane" data-testid="ticket" data-ticket-id={ticket.id}>
        <TicketHeader ticket={ticket} view={view} />
        <Thread key={ticket.id} ticket={ticket}>
          <AiDraft ticket={ticket} />
        </Thread>
        <Composer key={ticket.id} ticket={ticket} />
      </main>
      <div className={`ctx-wrap ${wide ? "" : "folded"} ${drawer ? "open" : ""}`}>
        <button
          type="button"
          className="veil"
          aria-label="Close details"
          tabIndex={-1}
          onClick={() => useUi.getState().set({ drawer: false })}
        />
        <ContextPanel ticket={ticket} />
      </div>
    </>
  );
}
