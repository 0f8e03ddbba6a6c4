import "@/styles/runs.css";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { ASK_AGAIN_MS, getSurges, openIncident, type Surge, signalKeys } from "@/ai/signals";
import { reasonOf } from "@/api/http";
import { Page } from "@/shell/Page";
import { Empty, Failed } from "@/ui/controls";
import { StatusMark } from "@/ui/marks";
import { fullDate, stamp, useNow } from "@/ui/time";

/** What the first of them called it; the words they share are stems, no sentence. */
const subjectOf = ({ words, tickets }: Surge): string =>
  tickets[0]?.subject.replace(/^(?:(?:re|fwd?|aw|wg):\s*)+/i, "") || words.join(" ") || "Incident";

/** One click: an incident with all of them as its children, ready to be answered once. */
function Suggestion({ surge }: { surge: Surge }) {
  const now = useNow();
  const navigate = useNavigate();
  const [subject, setSubject] = useState(subjectOf(surge));
  const [busy, setBusy] = useState(false);
  const free = surge.tickets.filter((ticket) => !ticket.parent_id);
  const open = async () => {
    setBusy(true);
    try {
      const ids = free.map((ticket) => ticket.id);
      const incident = await openIncident({ subject, ticket_ids: ids, signal_id: surge.id });
      await navigate({ to: "/tickets/$ticket", params: { ticket: incident.number } });
    } catch (error) {
      toast.error("No incident was opened", { description: reasonOf(error) });
      setBusy(false);
    }
  };
  return (
    <section className="block" data-testid="surge" data-signal-id={surge.id}>
      <header>
        <h2>
          {surge.tickets.length} alike{surge.category ? `, ${surge.category}` : ""}
        </h2>
        <p className="meta" title={fullDate(surge.created_at)}>
          {stamp(surge.created_at, now)}
          {surge.words.length > 0 && ` · in common: ${surge.words.join(", ")}`}
          {surge.hidden > 0 && ` · ${surge.hidden} more in other teams`}
        </p>
      </header>
      <div className="table">
        {surge.tickets.map((ticket) => (
          <Link key={ticket.id} className="line" to="/tickets/$ticket" params={{ ticket: ticket.number }}>
            <StatusMark status={ticket.status} />
            <span className="cut">{ticket.subject}</span>
            <span className="dim end">{ticket.number}</span>
          </Link>
        ))}
      </div>
      {surge.incident ? (
        <p className="replay-bar">
          Linked to{" "}
          <Link to="/tickets/$ticket" params={{ ticket: surge.incident.number }} className="cite">
            {surge.incident.number} {surge.incident.subject}
          </Link>
        </p>
      ) : (
        <div className="replay-bar open-incident">
          <input aria-label="Subject of the incident" value={subject} maxLength={200} onChange={({ target }) => setSubject(target.value)} />
          <button type="button" className="btn p" disabled={busy || !subject.trim() || free.length === 0} onClick={() => void open()}>
            Open an incident for these {free.length}
          </button>
        </div>
      )}
    </section>
  );
}

export default function IncidentsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: signalKeys.surges,
    queryFn: getSurges,
    staleTime: 0,
    refetchInterval: ASK_AGAIN_MS,
  });
  return (
    <Page title="Incidents">
      {error && <Failed what="The radar could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon={<Radar size={20} strokeWidth={1.75} />} title="Nothing unusual in the last day">
          When suddenly many customers write about the same, their tickets are shown here, to be answered once.
        </Empty>
      )}
      {data?.map((surge) => (
        <Suggestion key={surge.id} surge={surge} />
      ))}
    </Page>
  );
}
