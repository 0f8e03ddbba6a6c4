import { Link } from "@tanstack/react-router";
import { Check, Sparkles } from "lucide-react";
import { approve, decide, openSuggestion } from "@/ai/decide";
import { giveReason, REASONS, useRefused } from "@/ai/reasons";
import { useRuns } from "@/ai/runs";
import type { Citation, Suggestion, Ticket } from "@/api/types";
import { useSuggestions } from "@/ticket/useTicket";
import { Keys, Tooltip } from "@/ui/controls";

/** One link an article, however many of its sentences are quoted. */
function articlesOf({ citations }: Suggestion): { cite: Citation; quotes: string }[] {
  const first = citations.filter((cite, at) => citations.findIndex((other) => other.article_id === cite.article_id) === at);
  return first.map((cite) => {
    const quotes = citations.filter((other) => other.article_id === cite.article_id && other.quote).map((other) => `“${other.quote}”`);
    return { cite, quotes: quotes.join(" … ") };
  });
}

function engineWords(suggestion: Suggestion): string {
  const engine = suggestion.engine === "local" ? "local engine" : suggestion.engine;
  const last = suggestion.stages?.at(-1)?.ms;
  const sources = articlesOf(suggestion).length;
  return [engine, last && `${Math.round(last)} ms`, `${sources} ${sources === 1 ? "source" : "sources"}`].filter(Boolean).join(" · ");
}

function Running({ ticket }: { ticket: string }) {
  const run = useRuns((state) => state.runs[ticket]);
  if (!run?.running || run.stages.length === 0) return null;
  const now = run.stages.at(-1);
  return (
    <div className="draft live" data-testid="ai-stages" aria-live="polite">
      <div className="h">
        <Sparkles size={14} strokeWidth={1.75} className="pulse" />
        {now?.label}…
      </div>
      <ol className="stages">
        {run.stages.map((stage) => (
          <li key={stage.name} className={stage === now ? "now" : ""} title={stage.label} />
        ))}
      </ol>
      {run.text && <p>{run.text}</p>}
    </div>
  );
}

/** Asked once after a refusal; going on without an answer is fine. */
function WhyNot({ ticket }: { ticket: string }) {
  const asked = useRefused((state) => state.asked);
  if (asked?.ticket !== ticket) return null;
  return (
    <div className="draft why-not" data-testid="ai-why-not">
      <span>Why not?</span>
      {REASONS.map(([code, name], at) => (
        <button key={code} type="button" className="btn" onClick={() => giveReason(code)}>
          {name} <Keys of={String(at + 1)} />
        </button>
      ))}
    </div>
  );
}

/** What the assistant would answer. Never looks like something a person wrote, never goes out by itself. */
export function AiDraft({ ticket }: { ticket: Ticket }) {
  const { data } = useSuggestions(ticket.id);
  const suggestion = openSuggestion(data);
  const done = ticket.status === "resolved" || ticket.status === "closed";
  if (!suggestion?.draft || done)
    return (
      <>
        <WhyNot ticket={ticket.id} />
        <Running ticket={ticket.id} />
      </>
    );
  return (
    <>
      <Running ticket={ticket.id} />
      <div className="draft" data-testid="ai-panel" data-suggestion-id={suggestion.id}>
        <div className="h">
          <Sparkles size={14} strokeWidth={1.75} />
          Draft by the assistant
          <span>{engineWords(suggestion)}</span>
        </div>
        <p className="text">{suggestion.draft}</p>
        {suggestion.citations.length > 0 && (
          <p className="cites">
            {articlesOf(suggestion).map(({ cite, quotes }) => (
              <Tooltip key={cite.article_id} text={quotes || cite.title}>
                <Link to="/knowledge/{-$article}" params={{ article: cite.article_id }} className="cite">
                  {cite.title}
                  {cite.article_version ? `, v${cite.article_version}` : ""}
                </Link>
              </Tooltip>
            ))}
          </p>
        )}
        <div className="f">
          {suggestion.decision === "waiting_approval" && (
            <button type="button" className="btn p" data-testid="ai-approve" onClick={() => void approve(ticket, suggestion)}>
              Approve and send <Keys of="y" />
            </button>
          )}
          <button type="button" className="btn ai" data-testid="ai-use" onClick={() => void decide(ticket, suggestion, "accept")}>
            <Check size={14} strokeWidth={1.75} /> Use <Keys of="mod+j" />
          </button>
          <button type="button" className="btn" data-testid="ai-edit" onClick={() => void decide(ticket, suggestion, "edit")}>
            Edit <Keys of="v" />
          </button>
          <button type="button" className="btn" data-testid="ai-reject" onClick={() => void decide(ticket, suggestion, "reject")}>
            Not this <Keys of="d" />
          </button>
          <small>{suggestion.citations.length > 0 ? "each claim quoted" : ""}</small>
        </div>
      </div>
    </>
  );
}
