import "@/styles/runs.css";
import { useQuery } from "@tanstack/react-query";
import { Ruler } from "lucide-react";
import { useState } from "react";
import { call, reasonOf } from "@/api/http";
import type { components } from "@/api/schema.gen";
import { Page } from "@/shell/Page";
import { Empty, Failed } from "@/ui/controls";
import { fullDate } from "@/ui/time";

type Evaluation = Required<components["schemas"]["EvaluationView"]>;
type Figure = Evaluation["figures"][string];

const getEvaluations = async (): Promise<Evaluation[]> => (await call<Evaluation[]>("GET", "/ai/evaluations")).data;
const BESIDE = 2;

const number = (value: number | null | undefined): string =>
  value == null ? "–" : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);

function Cell({ figure }: { figure: Figure | undefined }) {
  const interval = figure?.low != null && figure.high != null ? `${number(figure.low)} to ${number(figure.high)}` : "";
  return (
    <td>
      {number(figure?.value)} <small className="dim">{interval}</small>
    </td>
  );
}

const nameOf = (run: Evaluation): string =>
  [
    run.engine || "no engine",
    run.source ?? (run.since && `since ${run.since.slice(0, 10)}`),
    run.prompt && `prompt ${run.prompt.slice(0, 6)}`,
  ]
    .filter(Boolean)
    .join(" · ");

/** Figures down, measurements across: only the same figure of each is read together. */
function Beside({ runs }: { runs: Evaluation[] }) {
  const figures = [...new Set(runs.flatMap((run) => Object.keys(run.figures)))];
  const baselines = [...new Set(runs.flatMap((run) => Object.keys(run.baselines)))];
  return (
    <table className="runs" data-testid="evaluation">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          {runs.map((run) => (
            <th key={run.name} scope="col" title={fullDate(run.made_at)}>
              {nameOf(run)}
              <br />
              {run.tickets} tickets
            </th>
          ))}
          {baselines.map((name) => (
            <th key={name} scope="col">
              {name} (baseline)
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {figures.map((figure) => (
          <tr key={figure}>
            <th scope="row">{figure}</th>
            {runs.map((run) => (
              <Cell key={run.name} figure={run.figures[figure]} />
            ))}
            {baselines.map((name) => (
              <td key={name} className="dim">
                {number(runs.find((run) => run.baselines[name])?.baselines[name]?.[figure])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export default function EvaluationsPage() {
  const { data, error, refetch } = useQuery({ queryKey: ["evaluations"], queryFn: getEvaluations, staleTime: 0 });
  const [picked, setPicked] = useState<string[] | null>(null);
  const chosen = picked ?? data?.slice(0, BESIDE).map((run) => run.name) ?? [];
  const runs = data?.filter((run) => chosen.includes(run.name)) ?? [];
  const toggle = (name: string) => setPicked(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <Page title="Measurements">
      <div className="run-page">
        {error && <Failed what="The measurements could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
        {data?.length === 0 && (
          <Empty icon={<Ruler size={20} strokeWidth={1.75} />} title="Nothing was measured yet">
            Run <code>helpdesk ai backtest --since 30d</code>, once per engine or prompt; each is kept and can be compared here.
          </Empty>
        )}
        {data && data.length > 0 && (
          <fieldset className="replay-bar" aria-label="Measurements to compare">
            {data.map((run) => (
              <label key={run.name} className="check" title={fullDate(run.made_at)}>
                <input type="checkbox" checked={chosen.includes(run.name)} onChange={() => toggle(run.name)} />
                {nameOf(run)}, {new Date(run.made_at).toLocaleString("en-GB")}
              </label>
            ))}
          </fieldset>
        )}
        {runs.length > 0 && <Beside runs={runs} />}
        <div className="run-columns two">
          {runs.map((run) => (
            <figure key={run.name}>
              {run.pictures.map((picture) => (
                <img
                  key={picture}
                  src={`/api/v1/ai/evaluations/pictures/${picture}`}
                  alt={`${picture.replace(".svg", "")} of ${nameOf(run)}`}
                />
              ))}
              <figcaption className="meta">{nameOf(run)}</figcaption>
            </figure>
          ))}
        </div>
      </div>
    </Page>
  );
}
