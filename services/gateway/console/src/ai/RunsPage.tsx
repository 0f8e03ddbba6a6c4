import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Sparkles } from "lucide-react";
import { shortDecision } from "@/ai/decisions";
import { getEngines, getRuns, type RunFilter, type RunLine, runKeys } from "@/ai/runApi";
import { reasonOf } from "@/api/http";
import { Page } from "@/shell/Page";
import { Empty, Failed } from "@/ui/controls";
import { More, Table } from "@/ui/Listing";
import { fullDate, stamp, useNow } from "@/ui/time";

const DECISIONS = [
  "applied",
  "suggested",
  "waiting_approval",
  "answered",
  "abstained",
  "handed_off",
  "accepted",
  "edited",
  "rejected",
  "replay",
];

const COLUMNS = ["When", "Ticket", "Engine", "Team", "Draft", "Decision", "Took", "Cost"] as const;
const FIGURES = new Set(["Took", "Cost"]);

function Filters({ filter, set }: { filter: RunFilter; set: (filter: RunFilter) => void }) {
  return (
    <div className="replay-bar">
      <select
        aria-label="Engine"
        value={filter.engine ?? ""}
        onChange={({ target }) => set({ ...filter, engine: target.value || undefined })}
      >
        <option value="">Every engine</option>
        <option value="local">local</option>
        <option value="gemini">gemini</option>
      </select>
      <select
        aria-label="Decision"
        value={filter.decision ?? ""}
        onChange={({ target }) => set({ ...filter, decision: target.value || undefined })}
      >
        <option value="">Every decision</option>
        {DECISIONS.map((decision) => (
          <option key={decision} value={decision}>
            {shortDecision(decision)}
          </option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={filter.failed ?? false}
          onChange={({ target }) => set({ ...filter, failed: target.checked || undefined })}
        />
        Failed only
      </label>
    </div>
  );
}

function Line({ run }: { run: RunLine }) {
  const now = useNow();
  return (
    <tr data-testid="run-line" data-run-id={run.id}>
      <td>
        <Link to="/ai/runs/$run" params={{ run: run.id }} search={{}} title={fullDate(run.created_at)}>
          {stamp(run.created_at, now)}
        </Link>
      </td>
      <td className="cut lead">
        <Link to="/tickets/$ticket" params={{ ticket: run.ticket.number }} title={run.ticket.number}>
          {run.ticket.subject}
        </Link>
      </td>
      <td>{run.engine}</td>
      <td>{run.team ? `${run.team.name} ${run.confidence.toFixed(2)}` : "no team"}</td>
      <td>{run.drafted ? "draft" : ""}</td>
      <td className={run.error ? "problem" : ""}>{run.error ?? shortDecision(run.decision)}</td>
      <td className="num">{Math.round(run.ms)} ms</td>
      <td className="num">{run.cost ? `$${run.cost.toFixed(4)}` : ""}</td>
    </tr>
  );
}

/** Who answers now, in which tier, and why the other does not. */
function Serving() {
  const { data: engines = [] } = useQuery({ queryKey: runKeys.engines, queryFn: getEngines, staleTime: 10_000 });
  return (
    <p className="dim" data-testid="engines">
      {engines.map((engine) => `${engine.name} ${engine.models.join(", ")}: ${engine.why}`).join(" · ")}
    </p>
  );
}

export default function RunsPage() {
  const filter = useSearch({ from: "/ai/runs" });
  const navigate = useNavigate();
  const pages = useInfiniteQuery({
    queryKey: runKeys.list(filter),
    queryFn: ({ pageParam }) => getRuns(filter, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  const { data, error, refetch } = pages;
  const runs = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Page
      title="Assistant's runs"
      actions={
        <Link to="/ai/evaluations" className="btn">
          Measurements
        </Link>
      }
    >
      <div className="run-page">
        <Filters filter={filter} set={(next) => void navigate({ to: "/ai/runs", search: next })} />
        <Serving />
        {error && <Failed what="The runs could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
        {data && runs.length === 0 && (
          <Empty icon={<Sparkles size={20} strokeWidth={1.75} />} title="No run like this">
            The assistant runs when a customer writes. Choose other filters to see more.
          </Empty>
        )}
        {runs.length > 0 && (
          <Table label="Runs" columns={COLUMNS} figures={FIGURES}>
            {runs.map((run) => (
              <Line key={run.id} run={run} />
            ))}
          </Table>
        )}
        <More pages={pages} />
      </div>
    </Page>
  );
}
