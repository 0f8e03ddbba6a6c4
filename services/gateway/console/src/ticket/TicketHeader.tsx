import { Link, useRouter } from "@tanstack/react-router";
import { AlarmClock, ArrowLeft, Check, MoreHorizontal, PanelRight, RotateCcw } from "lucide-react";
import type { Ticket } from "@/api/types";
import { contextOf } from "@/commands/context";
import { commandOf, toggleContext } from "@/commands/registry";
import { openPick, useUi } from "@/commands/ui";
import { Presence } from "@/ticket/Presence";
import { IconButton, Keys, Tooltip } from "@/ui/controls";

export function TicketHeader({ ticket, view }: { ticket: Ticket; view?: string }) {
  const router = useRouter();
  const run = (id: string) => commandOf(id).run(contextOf(router));
  const resolved = ticket.status === "resolved" || ticket.status === "closed";
  return (
    <header className="head pane-head">
      <Link
        to="/inbox/$view/{-$ticket}"
        params={{ view: view ?? "inbox", ticket: undefined }}
        className={`ib ${view ? "only-small" : ""}`}
        aria-label="Back to the list"
      >
        <ArrowLeft size={16} strokeWidth={1.75} />
      </Link>
      <h1 className="title" title={ticket.subject}>
        {ticket.subject || "(no subject)"}
      </h1>
      <Tooltip text="Copy link">
        <button type="button" className="n number" onClick={() => run("copy")}>
          {ticket.number}
        </button>
      </Tooltip>
      <div className="r">
        <Presence ticket={ticket.id} />
        <IconButton label="Snooze" keys="h" className="not-small" onClick={(event) => openPick("snooze", event.currentTarget)}>
          <AlarmClock size={16} strokeWidth={1.75} />
        </IconButton>
        {resolved ? (
          <button type="button" className="btn" onClick={() => run("reopen")} disabled={ticket.status === "closed"}>
            <RotateCcw size={14} strokeWidth={1.75} /> Reopen
          </button>
        ) : (
          <button type="button" className="btn" data-testid="resolve" onClick={() => run("resolve")}>
            <Check size={14} strokeWidth={1.75} /> Resolve <Keys of="e" />
          </button>
        )}
        <IconButton label="All actions" keys="mod+k" onClick={() => useUi.getState().set({ palette: true })}>
          <MoreHorizontal size={16} strokeWidth={1.75} />
        </IconButton>
        <IconButton label="Details" keys="mod+." className="ctx-toggle" onClick={toggleContext}>
          <PanelRight size={16} strokeWidth={1.75} />
        </IconButton>
      </div>
    </header>
  );
}
