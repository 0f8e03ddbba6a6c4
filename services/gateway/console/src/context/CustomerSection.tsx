import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import type { Ticket } from "@/api/types";
import { StatusMark } from "@/ui/marks";
import { ago, useNow } from "@/ui/time";

const month = (iso: string): string => new Date(iso).toLocaleDateString("en-GB", { month: "long", year: "numeric" });

export function CustomerSection({ ticket }: { ticket: Ticket }) {
  const { id, email } = ticket.requester;
  const now = useNow();
  const { data: customer } = useQuery({ queryKey: keys.customer(id), queryFn: () => api.getCustomer(id), retry: 1 });
  const { data: tickets } = useQuery({
    queryKey: keys.customerTickets(id),
    queryFn: async () => (await api.listTickets({ requester: id }, null, 6)).data,
    retry: 1,
  });
  const others = tickets?.data.filter((each) => each.id !== ticket.id) ?? [];
  return (
    <>
      <dl className="kv">
        <dt>Mail</dt>
        <dd className="cut">{email ? <a href={`mailto:${email}`}>{email}</a> : <span className="dim">none</span>}</dd>
        {customer?.number && (
          <>
            <dt>Number</dt>
            <dd>{customer.number}</dd>
          </>
        )}
        {customer?.created_at && (
          <>
            <dt>Since</dt>
            <dd>{month(customer.created_at)}</dd>
          </>
        )}
        <dt>Tickets</dt>
        <dd>{tickets ? `${tickets.data.length}${tickets.next ? "+" : ""}` : ""}</dd>
      </dl>
      {others.length > 0 && (
        <ul className="others">
          {others.map((other) => (
            <li key={other.id}>
              <Link to="/tickets/$ticket" params={{ ticket: other.number }}>
                <StatusMark status={other.status} />
                <span>{other.subject}</span>
                <small>{ago(other.updated_at, now)}</small>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
