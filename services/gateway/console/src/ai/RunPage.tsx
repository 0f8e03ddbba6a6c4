import "@/styles/runs.css";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ReplayBar } from "@/ai/ReplayBar";
import { RunColumn } from "@/ai/RunColumn";
import { getRun, type Run, runKeys } from "@/ai/runApi";
import { reasonOf } from "@/api/http";
import { Page } from "@/shell/Page";
import { Failed } from "@/ui/controls";
import { fullDate } from "@/ui/time";

function Compare({ run, other }: { run: Run; other?: string }) {
  const navigate = useNavigate();
  if (run.replays.length === 0) return null;
  return (
    <label className="replay-bar">
      <span className="dim">Beside it</span>
      <select
        aria-label="Compare with"
        value={other ?? ""}
        onChange={({ target }) =>
          void navigate({ to: "/ai/runs/$run", params: { run: run.id }, search: target.value ? { with: target.value } : {} })
        }
      >
        <option value="">nothing</option>
        {run.replays.map((each) => (
          <option key={each.id} value={each.id}>
            {each.engine} {each.model}, {fullDate(each.created_at)}
          </option>
        ))}
      </select>
    </label>
  );
}

export default function RunPage() {
  const { run: id } = useParams({ from: "/ai/runs/$run" });
  const { with: other } = useSearch({ from: "/ai/runs/$run" });
  const first = useQuery({ queryKey: runKeys.one(id), queryFn: () => getRun(id), staleTime: 0 });
  const second = useQuery({
    queryKey: runKeys.one(other ?? ""),
    queryFn: () => getRun(other ?? ""),
    enabled: Boolean(other),
    staleTime: 0,
  });
  const run = first.data;
  return (
    <Page
      title="Assistant's run"
      actions={
        <Link to="/ai/runs" search={{}} className="btn">
          All runs
        </Link>
      }
    >
      {first.error && <Failed what="The run could not be read" reason={reasonOf(first.error)} retry={() => void first.refetch()} />}
      {run && (
        <div className="run-page">
          <p className="run-about">
            <Link to="/tickets/$ticket" params={{ ticket: run.ticket.number }}>
              {run.ticket.number}
            </Link>{" "}
            {run.ticket.subject}
          </p>
          {run.replay_of ? (
            <p className="meta">
              Repeats{" "}
              <Link to="/ai/runs/$run" params={{ run: run.replay_of }} search={{ with: run.id }}>
                another run
              </Link>
              .
            </p>
          ) : (
            <>
              <ReplayBar run={run} refresh={first.refetch} />
              <Compare run={run} other={other} />
            </>
          )}
          <div className={`run-columns ${second.data && other ? "two" : ""}`}>
            <RunColumn run={run} />
            {other && second.data && <RunColumn run={second.data} />}
          </div>
          {second.error && <p className="problem">{reasonOf(second.error)}</p>}
        </div>
      )}
    </Page>
  );
}
