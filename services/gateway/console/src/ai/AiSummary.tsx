import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookOpen, Sparkles } from "lucide-react";
import { toast } from "sonner";
import { undoRouting, writeInto } from "@/ai/decide";
import { decisionWords } from "@/ai/decisions";
import { useRuns } from "@/ai/runs";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Citation, Suggestion, Ticket } from "@/api/types";
import { setTag } from "@/ticket/actions";
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
    <div key={cite.article_id}>
      <Link className="src" to="/knowledge/{-$article}" params={{ article: cite.article_id }}>
        <BookOpen size={14} strokeWidth={1.75} />
        <span>{cite.title}</span>
        <small>{cite.score?.toFixed(2)}</small>
      </Link>
      {cite.quote && <q className="src-quote">{cite.quote}</q>}
    </div>
  ));
}

/** The same question elsewhere: what answered it there may answer it here. Sent twice, it wants merging. */
function Similar({ suggestion, ticket }: { suggestion: Suggestion; ticket: Ticket }) {
  if (!suggestion.similar?.length) return null;
  const mergeInto = async (number: string) => {
    try {
      await api.mergeTicket(ticket.id, number);
      toast(`Merged into ${number}`);
    } catch (error) {
      toast.error("Not merged", { description: reasonOf(error) });
    }
  };
  return (
    <ul className="others" data-testid="similar">
      {suggestion.similar.map((other) => (
        <li key={other.id}>
          <Link to="/tickets/$ticket" params={{ ticket: other.number }} title={other.number}>
            <StatusMark status={other.status} />
            <span>{other.subject || other.number}</span>
            <small>{other.duplicate ? "sent twice?" : `${other.score.toFixed(2)} alike`}</small>
          </Link>
          {other.duplicate && !ticket.merged_into && (
            <button type="button" className="btn" data-testid="merge-duplicate" onClick={() => void mergeInto(other.number)}>
              Merge into {other.number}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

const languages = new Intl.DisplayNames(["en"], { type: "language" });

function languageName(code: string | null): string | null {
  if (!code || code === "und") return null;
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Mood, language and what it is about; a tag goes onto the ticket by a click. */
function Facts({ suggestion, ticket }: { suggestion: Suggestion; ticket: Ticket }) {
  const mood = suggestion.sentiment && suggestion.sentiment !== "neutral" ? suggestion.sentiment.replaceAll("_", " ") : null;
  const facts = [languageName(suggestion.language), mood].filter(Boolean).join(" · ");
  const tags = suggestion.tags.filter((tag) => !ticket.tags.includes(tag));
  if (!facts && tags.length === 0) return null;
  return (
    <p className="facts" data-testid="ai-facts">
      {facts}
      {tags.map((tag) => (
        <button key={tag} type="button" className="tag-add" title={`Add the tag ${tag}`} onClick={() => setTag([ticket], tag, true)}>
          + {tag}
        </button>
      ))}
    </p>
  );
}

/** Words to begin with: the one question that would help, or the saved reply that fits. */
function Starters({ suggestion, ticket }: { suggestion: Suggestion; ticket: Ticket }) {
  const { clarifying_question: question, macro } = suggestion;
  const { data: macros } = useQuery({ queryKey: ["macros"], queryFn: api.getMacros, enabled: Boolean(macro) });
  const saved = macros?.find((each) => each.id === macro?.id);
  return (
    <>
      {question && (
        <p className="starter" data-testid="ai-question">
          “{question}”{" "}
          <button type="button" className="btn" onClick={() => writeInto(ticket, question)}>
            Ask this
          </button>
        </p>
      )}
      {saved?.body_text && (
        <p className="starter" data-testid="ai-macro">
          Saved reply “{saved.name}”{" "}
          <button type="button" className="btn" onClick={() => writeInto(ticket, saved.body_text ?? "")}>
            Use it
          </button>
        </p>
      )}
    </>
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
          <Facts suggestion={newest} ticket={ticket} />
          {teamsOf(newest).map((team) => (
            <Bar key={team.name} name={team.name} value={team.confidence} />
          ))}
          <Sources suggestion={newest} />
          <Similar suggestion={newest} ticket={ticket} />
          <Starters suggestion={newest} ticket={ticket} />
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
          {newest.decision && (
            <p className="why">
              {outcomeOf(newest, ticket)}{" "}
              {newest.decision === "applied" && (
                <button type="button" className="btn" data-testid="ai-undo" onClick={() => void undoRouting(ticket, newest)}>
                  Undo
                </button>
              )}
            </p>
          )}
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
