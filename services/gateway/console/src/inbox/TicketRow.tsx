import { Link } from "@tanstack/react-router";
import { Sparkles } from "lucide-react";
import { memo } from "react";
import type { Ticket } from "@/api/types";
import { selectTo, toggleSelected } from "@/inbox/selection";
import { usePresent } from "@/live/store";
import { Avatar, dueOf, PriorityBars, SlaRing, StatusMark, Tag } from "@/ui/marks";
import { ago, fullDate, useNow } from "@/ui/time";

interface Props {
  ticket: Ticket;
  view: string;
  selected: boolean;
  focused: boolean;
  chosen: boolean;
}

/** Lies over the status mark, beside the link and not in it: two controls, each with its own name. */
function Check({ ticket, view, chosen }: { ticket: Ticket; view: string; chosen: boolean }) {
  return (
    <label className="check-row">
      <input
        type="checkbox"
        checked={chosen}
        aria-label={`Select ${ticket.subject || ticket.number}`}
        tabIndex={-1}
        onChange={(event) => {
          const range = event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey;
          if (range) selectTo(view, ticket.id);
          else toggleSelected(view, ticket.id);
          event.target.blur();
        }}
      />
    </label>
  );
}

function Typing({ ticket }: { ticket: string }) {
  const typist = usePresent(ticket).find((person) => person.typing);
  if (!typist) return null;
  return (
    <span className="typing" role="img" aria-label={`${typist.name} is typing`}>
      <b />
      <b />
      <b />
    </span>
  );
}

export const TicketRow = memo(function TicketRow({ ticket, view, selected, focused, chosen }: Props) {
  const now = useNow();
  const due = dueOf(ticket.sla, ticket.created_at, now);
  const name = ticket.requester.name || ticket.requester.email || "Unknown";
  const classes = ["row", selected && "sel", focused && "cur", ticket.unread && "un", chosen && "chosen"].filter(Boolean).join(" ");
  return (
    <>
      <Check ticket={ticket} view={view} chosen={chosen} />
      <Link
        to="/inbox/$view/{-$ticket}"
        params={{ view, ticket: ticket.number }}
        className={classes}
        data-testid="ticket-row"
        data-ticket-id={ticket.id}
        aria-current={selected ? "true" : undefined}
      >
        <StatusMark status={ticket.status} className="st" />
        <div className="l1">
          <span className="who">{name}</span>
          <time className="t" dateTime={ticket.updated_at} title={fullDate(ticket.updated_at)}>
            {ago(ticket.updated_at, now)}
          </time>
        </div>
        <div className="l2">
          <span className="sub">{ticket.subject || "(no subject)"}</span>
          <span className="sn">{ticket.snippet}</span>
        </div>
        <div className="l3">
          <PriorityBars priority={ticket.priority} />
          {ticket.tags.slice(0, 2).map((tag) => (
            <Tag key={tag} name={tag} />
          ))}
          {ticket.tags.length > 2 && <span>+{ticket.tags.length - 2}</span>}
          {ticket.ai_waiting && (
            <span className="waits" role="img" aria-label="A suggestion of the assistant waits" title="A suggestion of the assistant waits">
              <Sparkles size={12} strokeWidth={1.75} />
            </span>
          )}
          {due && (
            <span className={`due ${due.tone}`} title={`${due.what} due ${fullDate(due.at)}`}>
              <SlaRing due={due} />
              {due.text}
            </span>
          )}
          <span className="own">
            <Typing ticket={ticket.id} />
            {ticket.assignee && <Avatar name={ticket.assignee.name} px={18} />}
          </span>
        </div>
      </Link>
    </>
  );
});
