import { Link } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { useAlone } from "@/ai/withChildren";
import type { Ticket } from "@/api/types";
import { useTicket } from "@/ticket/useTicket";
import { StatusMark } from "@/ui/marks";

function Named({ id }: { id: string }) {
  const { data: ticket } = useTicket(id);
  if (!ticket) return null;
  return (
    <li>
      <Link to="/tickets/$ticket" params={{ ticket: ticket.number }}>
        <StatusMark status={ticket.status} />
        <span>{ticket.subject || ticket.number}</span>
        <small>{ticket.number}</small>
      </Link>
    </li>
  );
}

/** The incident a ticket belongs to, or the tickets that an incident's answers reach. */
export function IncidentSection({ ticket }: { ticket: Ticket }) {
  const alone = useAlone((state) => state.alone[ticket.id] ?? false);
  const setAlone = useAlone((state) => state.set);
  if (!ticket.parent_id && ticket.children.length === 0) return null;
  return (
    <section className="sec" data-testid="incident">
      <h3>
        <Radar size={13} strokeWidth={1.75} />
        {ticket.parent_id ? "Part of an incident" : `Incident of ${ticket.children.length} tickets`}
      </h3>
      {!ticket.parent_id && (
        <>
          <p className="why">A reply here reaches the customer of each, by a mail of their own.</p>
          <label className="why">
            <input type="checkbox" checked={!alone} onChange={({ target }) => setAlone(ticket.id, !target.checked)} /> Resolving it resolves
            its open tickets too. Their customers hear of it by a reply only.
          </label>
        </>
      )}
      <ul className="others">
        {(ticket.parent_id ? [ticket.parent_id] : ticket.children).map((id) => (
          <Named key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}
