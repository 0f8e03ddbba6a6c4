import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { BookOpen, Search } from "lucide-react";
import { useEffect, useState } from "react";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { Page } from "@/shell/Page";
import { Empty, Failed, useSlow } from "@/ui/controls";
import { Avatar, StatusMark } from "@/ui/marks";
import { ago, useNow } from "@/ui/time";

const WAIT_MS = 150;

export default function SearchPage() {
  const { q: query = "" } = useSearch({ from: "/search" });
  const navigate = useNavigate();
  const [typed, setTyped] = useState(query);
  const now = useNow();
  useEffect(() => {
    const timer = setTimeout(() => void navigate({ to: "/search", search: { q: typed.trim() || undefined }, replace: true }), WAIT_MS);
    return () => clearTimeout(timer);
  }, [typed, navigate]);
  const found = useQuery({
    queryKey: ["search", query],
    queryFn: ({ signal }) => api.search(query, signal),
    enabled: query.length > 1,
    staleTime: 10_000,
    placeholderData: (before) => before,
  });
  const slow = useSlow(found.isFetching);
  const { tickets = [], customers = [], articles = [] } = found.data ?? {};
  const nothing = query.length > 1 && found.isSuccess && tickets.length + customers.length + articles.length === 0;
  return (
    <Page title="Search">
      <label className="search-box">
        <Search size={16} strokeWidth={1.75} className={slow ? "pulse" : ""} />
        <input
          // biome-ignore lint/a11y/noAutofocus: one comes here to type
          autoFocus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="A name, a number, words of a mail"
          aria-label="Search"
          data-testid="search"
        />
      </label>
      {found.error && <Failed what="The search did not work" reason={reasonOf(found.error)} retry={() => void found.refetch()} />}
      {nothing && (
        <Empty icon={<Search size={20} strokeWidth={1.75} />} title={`Nothing about “${query}”`}>
          Try fewer words, or a part of the address.
        </Empty>
      )}
      <div className="results" aria-live="polite">
        {tickets.length > 0 && <h2 className="group">Tickets</h2>}
        {tickets.map((ticket) => (
          <Link key={ticket.id} to="/tickets/$ticket" params={{ ticket: ticket.number }} className="result" data-ticket-id={ticket.id}>
            <StatusMark status={ticket.status} />
            <span className="cut">
              <b>{ticket.subject}</b> <span className="dim">{ticket.snippet}</span>
            </span>
            <small>
              {ticket.requester?.name} · {ticket.updated_at && ago(ticket.updated_at, now)}
            </small>
          </Link>
        ))}
        {customers.length > 0 && <h2 className="group">Customers</h2>}
        {customers.map((customer) => (
          <Link key={customer.id} to="/customers/{-$customer}" params={{ customer: customer.id }} className="result">
            <Avatar name={customer.name || customer.email || "?"} px={22} />
            <span className="cut">
              <b>{customer.name}</b> <span className="dim">{customer.email}</span>
            </span>
          </Link>
        ))}
        {articles.length > 0 && <h2 className="group">Articles</h2>}
        {articles.map((article) => (
          <Link key={article.id} to="/knowledge/{-$article}" params={{ article: article.id }} className="result">
            <BookOpen size={14} strokeWidth={1.75} />
            <span className="cut">
              <b>{article.title}</b>
            </span>
          </Link>
        ))}
      </div>
    </Page>
  );
}
