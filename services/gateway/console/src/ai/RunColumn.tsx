import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import type { ReactNode } from "react";
import { decisionWords } from "@/ai/decisions";
import type { ModelCall, Run } from "@/ai/runApi";
import { useAgents } from "@/api/queries";
import { fullDate } from "@/ui/time";

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="run-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

const Nothing = ({ children }: { children: ReactNode }) => <p className="meta">{children}</p>;

function Stages({ run }: { run: Run }) {
  const end = run.stages.at(-1)?.ms || 1;
  return (
    <ol className="run-stages" data-testid="run-stages">
      {run.stages.map(({ stage, ms }, at) => {
        const from = run.stages[at - 1]?.ms ?? 0;
        return (
          <li key={stage}>
            <span>{stage.replaceAll("_", " ")}</span>
            <i>
              <b style={{ marginLeft: `${(from / end) * 100}%`, width: `${Math.max(1, ((ms - from) / end) * 100)}%` }} />
            </i>
            <small>{Math.round(ms - from)} ms</small>
          </li>
        );
      })}
    </ol>
  );
}

function Segments({ list }: { list: { source: string; text: string }[] }) {
  return list.map((segment, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a prompt's segments never move, and two may say the same
    <details key={at} className="run-segment" open={segment.source === "message"}>
      <summary>{segment.source}</summary>
      <pre>{segment.text}</pre>
    </details>
  ));
}

function Call({ call, name }: { call: ModelCall; name: string }) {
  const served = call.asked && call.asked !== call.model ? `${call.asked} asked, ${call.model} answered` : call.model;
  return (
    <details className="run-call">
      <summary>
        {name}{" "}
        <span className="dim">{[served, call.tokens && `${call.tokens.in} + ${call.tokens.out} tokens`].filter(Boolean).join(" · ")}</span>
      </summary>
      <Segments list={call.segments ?? (call.prompt ? [{ source: "prompt", text: call.prompt }] : [])} />
      <h3>Raw answer</h3>
      <pre>{call.raw}</pre>
      {call.parsed !== undefined && (
        <>
          <h3>As read</h3>
          <pre>{JSON.stringify(call.parsed, null, 2)}</pre>
        </>
      )}
    </details>
  );
}

function Prompt({ run }: { run: Run }) {
  const { calls = [], given = [], failures = [] } = run.record;
  return (
    <>
      {failures.map((failure) => (
        <p key={failure.reason} className="problem">
          {failure.asked}: {failure.reason}
        </p>
      ))}
      {calls.length > 0 ? (
        calls.map((call, at) => <Call key={call.prompt ?? at} call={call} name={at === 0 ? "Triage" : "Draft"} />)
      ) : given.length > 0 ? (
        <Segments list={given} />
      ) : (
        <Nothing>The record holds no text.</Nothing>
      )}
    </>
  );
}

function Articles({ run }: { run: Run }) {
  const quoted = new Set(run.citations.map((cite) => cite.article_id));
  const meanings = new Map(run.record.articles?.map((article) => [article.id, article.meaning]));
  if (!run.articles.length) return <Nothing>No article was found.</Nothing>;
  return (
    <ul className="run-articles">
      {run.articles.map((article) => (
        <li key={article.article_id}>
          <Link to="/knowledge/{-$article}" params={{ article: article.article_id }}>
            {article.title}, v{article.article_version}
          </Link>
          <small>
            {article.score.toFixed(2)} · meaning {(meanings.get(article.article_id) ?? 0).toFixed(2)}
            {quoted.has(article.article_id) && " · quoted"}
          </small>
          {article.quote && <q>{article.quote}</q>}
        </li>
      ))}
    </ul>
  );
}

function Checks({ run }: { run: Run }) {
  if (!run.checks.length) return <Nothing>No draft, so nothing to check.</Nothing>;
  return (
    <ul className="run-checks" data-testid="run-checks">
      {run.checks.map((check, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one check may speak several times
        <li key={at} className={check.passed ? "good" : "bad"}>
          {check.passed ? <Check size={14} strokeWidth={2} /> : <X size={14} strokeWidth={2} />}
          <span className="sr-only">{check.passed ? "passed" : "failed"}</span>
          <b>{check.name.replaceAll("_", " ")}</b>
          <span className="dim">{check.detail}</span>
        </li>
      ))}
    </ul>
  );
}

function Decision({ run }: { run: Run }) {
  const { data: agents = [] } = useAgents();
  const who = (kind: string, id?: string | null) =>
    agents.find((agent) => agent.id === id)?.name ?? (kind === "ai" ? "the assistant" : kind);
  return (
    <>
      <p data-testid="run-decision">{decisionWords(run.decision)}</p>
      <ul className="run-actions">
        {run.actions.map((action) => (
          <li key={action.time + action.type}>
            <time title={fullDate(action.time)}>{new Date(action.time).toLocaleTimeString("en-GB")}</time>
            {action.type.replace("ticket.ai_", "")} by {who(action.actor.kind, action.actor.id)}
            <span className="dim">{String(action.data.decision ?? action.data.answer ?? "")}</span>
            {action.data.withheld ? <span className="dim">not sent: {String(action.data.withheld).replaceAll("_", " ")}</span> : null}
          </li>
        ))}
      </ul>
    </>
  );
}

/** One run from top to bottom; two of them stand side by side. */
export function RunColumn({ run }: { run: Run }) {
  const { output, redactions = {}, flags = [], tokens } = run.record;
  const hidden = Object.entries(redactions).map(([kind, count]) => `${count} ${kind.toLowerCase()}`);
  const spent = [
    `${tokens?.in ?? 0} tokens in, ${tokens?.out ?? 0} out`,
    run.cost ? `$${run.cost.toFixed(5)}` : "no cost",
    `${Math.round(run.stages.at(-1)?.ms ?? 0)} ms`,
  ];
  return (
    <div className="run" data-testid="run" data-run-id={run.id}>
      <header>
        <b>
          {run.engine} · {run.model || "no model"}
        </b>
        <span className="dim" title={fullDate(run.created_at)}>
          {fullDate(run.created_at)} · pipeline {run.pipeline_version}
        </span>
        {run.replay_of && <span className="ai-word">Repeated to be compared; it never acts</span>}
      </header>
      <Part title="Decision">
        <Decision run={run} />
        <p className="dim">{spent.join(" · ")}</p>
        {run.error && <p className="problem">{run.error}</p>}
      </Part>
      <Part title="Stages">
        <Stages run={run} />
      </Part>
      <Part title="What it was given">
        {hidden.length > 0 && <p className="meta">Hidden before anything read it: {hidden.join(", ")}.</p>}
        {flags.length > 0 && <p className="meta">Flags: {flags.join(", ").replaceAll("_", " ")}.</p>}
        <Prompt run={run} />
      </Part>
      <Part title="Articles">
        <Articles run={run} />
      </Part>
      <Part title="What it answered">
        {output ? <pre data-testid="run-output">{JSON.stringify(output, null, 2)}</pre> : <Nothing>The record holds no answer.</Nothing>}
        <ul className="why">
          {run.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </Part>
      <Part title="Checks">
        <Checks run={run} />
      </Part>
    </div>
  );
}
