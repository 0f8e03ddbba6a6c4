import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { getArticleRecord, signalKeys } from "@/ai/signals";

function Tickets({ name, list }: { name: string; list: { id: string; number: string; subject: string }[] }) {
  if (list.length === 0) return null;
  return (
    <details className="why">
      <summary>
        {name} {list.length} {list.length === 1 ? "ticket" : "tickets"}
      </summary>
      <ul>
        {list.map((ticket) => (
          <li key={ticket.id}>
            <Link to="/tickets/$ticket" params={{ ticket: ticket.number }}>
              {ticket.number}
            </Link>{" "}
            {ticket.subject}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What quoting this article led to. */
export function Record({ article }: { article: string }) {
  const { data } = useQuery({ queryKey: signalKeys.record(article), queryFn: () => getArticleRecord(article), staleTime: 0 });
  if (!data) return null;
  return (
    <div data-testid="article-record">
      <Tickets name="Solved" list={data.solved} />
      <Tickets name="Failed" list={data.failed} />
    </div>
  );
}
