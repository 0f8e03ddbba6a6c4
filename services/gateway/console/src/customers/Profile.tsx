import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { STATUS_NAMES } from "@/ticket/actions";
import { Failed } from "@/ui/controls";
import { More } from "@/ui/Listing";
import { Avatar, StatusMark } from "@/ui/marks";
import { ago, dateOf, fullDate, useNow } from "@/ui/time";

function Tickets({ customer }: { customer: string }) {
  const now = useNow();
  const pages = useInfiniteQuery({
    queryKey: [...keys.customerTickets(customer), "all"],
    queryFn: async ({ pageParam }) => (await api.listTickets({ requester: customer }, pageParam)).data,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 5_000,
  });
  const { data, hasNextPage } = pages;
  const tickets = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="results">
      <h2 className="group">{data ? `Tickets: ${tickets.length}${hasNextPage ? "+" : ""}` : "Tickets"}</h2>
      {tickets.map((ticket) => (
        <Link key={ticket.id} to="/tickets/$ticket" params={{ ticket: ticket.number }} className="result" data-ticket-id={ticket.id}>
          <StatusMark status={ticket.status} />
          <span className="cut">
            <b>{ticket.subject || "(no subject)"}</b> <span className="dim">{ticket.snippet}</span>
          </span>
          <small title={fullDate(ticket.updated_at)}>
            {STATUS_NAMES[ticket.status]} · {ago(ticket.updated_at, now)}
          </small>
        </Link>
      ))}
      <More pages={pages} />
    </section>
  );
}

export function Profile({ id }: { id: string }) {
  const { data: customer, error, refetch } = useQuery({ queryKey: keys.customer(id), queryFn: () => api.getCustomer(id) });
  if (error) return <Failed what="The customer could not be read" reason={reasonOf(error)} retry={() => void refetch()} />;
  if (!customer) return null;
  const name = customer.name || customer.email || "Unknown";
  const addresses = [...new Set([customer.email, ...customer.handles].filter(Boolean))] as string[];
  return (
    <article className="article" data-testid="customer">
      <div className="who-am-i">
        <Avatar name={name} px={40} />
        <div>
          <h1>{name}</h1>
          <p className="meta">
            {[customer.number, customer.vip && "VIP", `since ${dateOf(customer.created_at)}`].filter(Boolean).join(" · ")}
          </p>
        </div>
      </div>
      <ul className="addresses">
        {addresses.map((address) => (
          <li key={address}>{address.includes("@") ? <a href={`mailto:${address}`}>{address}</a> : address}</li>
        ))}
      </ul>
      <Tickets customer={id} />
    </article>
  );
}
