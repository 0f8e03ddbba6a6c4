import { Link } from "@tanstack/react-router";
import { BookOpen, Sparkles } from "lucide-react";
import { decisionWords } from "@/ai/decisions";
import { useRuns } from "@/ai/runs";
import type { Citation, Suggestion, Ticket } from "@/api/types";
import { useSuggestions } from "@/ticket/useTicket";
import { StatusMark } from "@/ui/marks";

/** A team that was there before stays: then "not sure" means that nothing was changed. */
function outcomeOf(suggestion: Suggestion, ticket: Ticket): string {
  if (suggestion.decision === "abstained" && ticket.team) return `Not sure of the team, so it stays with ${ticket.team.name}.`;
  return decisionWords(suggestion.decision);
}

function Bar({ name, value }: { name: string; value: number }) {
  return (
    <div className="conf-row">
      <span>{name}</span>
      <span className="conf" role="img" aria-label={`confidence ${value.toFixed(2)}`}>
        <i style={{ width: `${Math.round(value * 100)}%` }} />
      </span>
      <span className="dim">{value.toFixed(2)}</span>
    </div>
  );
}

function sourcesOf(suggestion: Suggestion): Citation[] {
  const all = [...suggestion.citations, ...(suggestion.articles ?? [])];
  return all.filter((cite, at) => all.findIndex((other) => other.article_id === cite.article_id) === at).slice(0, 3);
}

function teamsOf(suggestion: Suggestion): { name: string; confidence: number }[] {
  if (suggestion.teams?.length) return suggestion.teams.slice(0, 3);
  return suggestion.team ? [{ name: suggestion.team.name, confidence: suggestion.confidence }] : [];
}

function Sources({ suggestion }: { suggestion: Suggestion }) {
  return sourcesOf(suggestion).map((cite) => (
    <Link key={cite.article_id} className="src" to="/knowledge/{-$article}" params={{ article: cite.article_id }} title={cite.quote}>
      <BookOpen size={14} strokeWidth={1.75} />
      <span>{cite.title}</span>
      <small>{cite.score?.toFixed(2)}</small>
    </Link>
  ));
}

/** The same question elsewhere: what answered it there may answer it here. */
function Similar({ suggestion }: { suggestion: Suggestion }) {
  if (!suggestion.similar?.length) return null;
  return (
    <ul className="others" data-testid="similar">
      {suggestion.similar.map((other) => (
        <li key={other.id}>
          <Link to="/tickets/$ticket" params={{ ticket: other.number }} title={other.number}>
            <StatusMark status={other.status} />
            <span>{other.subject || other.number}</span>
            <small>{other.score.toFixed(2)} alike</small>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** What a run did and when it was there, for those who open "Why": the run itself is often over before it can be read. */
function StageTimes({ stages }: Pick<Suggestion, "stages">) {
  if (!stages?.length) return null;
  return <p>{stages.map(({ stage, ms }) => `${stage.replaceAll("_", " ")} ${Math.round(ms)} ms`).join(" · ")}</p>;
}

export function AiSummary({ ticket }: { ticket: Ticket }) {
  const { data } = useSuggestions(ticket.id);
  const running = useRuns((state) => state.runs[ticket.id]?.running ?? false);
  const newest = data?.at(-1);
  if (!newest && !running) return null;
  return (
    <section className="sec" data-testid="ai-summary">
      <h3 className="aih">
        <Sparkles size={13} strokeWidth={1.75} className={running ? "pulse" : ""} />
        {running ? "The assistant is reading" : "What the assistant saw"}
      </h3>
      {newest && (
        <>
          {newest.summary && <p className="summary">{newest.summary}</p>}
          {teamsOf(newest).map((team) => (
            <Bar key={team.name} name={team.name} value={team.confidence} />
          ))}
          <Sources suggestion={newest} />
          <Similar suggestion={newest} />
          {newest.reasons.length > 0 && (
            <details className="why">
              <summary>Why</summary>
              <ul>
                {newest.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
              <StageTimes stages={newest.stages} />
            </details>
          )}
          {newest.decision && <p className="why">{outcomeOf(newest, ticket)}</p>}
          <p className="why">
            <Link to="/ai/runs/$run" params={{ run: newest.id }} search={{}} data-testid="ai-run-link">
              See the whole run
            </Link>
          </p>
        </>
      )}
    </section>
  );
}
