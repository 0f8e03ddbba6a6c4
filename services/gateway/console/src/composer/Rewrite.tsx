import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { getEngines, runKeys } from "@/ai/runApi";
import { rewriteText } from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { offerUndo } from "@/commands/undo";
import { wordDiff } from "@/composer/wordDiff";
import { Tooltip } from "@/ui/controls";

const WAYS = [
  ["shorter", "Shorter"],
  ["friendlier", "Friendlier"],
  ["grammar", "Fix grammar"],
  ["translate", "Translate"],
] as const;
const LANGUAGES = ["English", "German", "French", "Spanish", "Italian", "Portuguese", "Polish", "Dutch"];

interface Proposal {
  before: string;
  after: string;
}

function Shown({ proposal, use, keep }: { proposal: Proposal; use: () => void; keep: () => void }) {
  return (
    <div className="rewrite" data-testid="rewrite">
      <p>
        {wordDiff(proposal.before, proposal.after).map(({ words, kind }, at) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: a proposal does not change
          kind === "same" ? <span key={at}>{words}</span> : kind === "new" ? <ins key={at}>{words}</ins> : <del key={at}>{words}</del>,
        )}
      </p>
      <button type="button" className="btn ai" onClick={use}>
        Use these words
      </button>
      <button type="button" className="btn" onClick={keep}>
        Keep mine
      </button>
    </div>
  );
}

/** The agent's own words in another way, shown as a change before anything is replaced. */
export function Rewrite({ ticket, text, replace }: { ticket: string; text: string; replace: (text: string) => void }) {
  const { data: engines } = useQuery({ queryKey: runKeys.engines, queryFn: getEngines, staleTime: 60_000 });
  const gemini = engines?.find((engine) => engine.name === "gemini");
  const [busy, setBusy] = useState(false);
  const [language, setLanguage] = useState("English");
  const [proposal, setProposal] = useState<Proposal | null>(null);
  const why = gemini && !gemini.available ? `Rewriting ${gemini.why}` : null;
  const ask = async (how: (typeof WAYS)[number][0]) => {
    setBusy(true);
    try {
      setProposal({
        before: text,
        after: (await rewriteText(ticket, { how, text, language: how === "translate" ? language : null })).text,
      });
    } catch (error) {
      toast.error("Not rewritten", { description: reasonOf(error) });
    } finally {
      setBusy(false);
    }
  };
  const shown = proposal?.before === text ? proposal : null;
  const current = useRef(text);
  useEffect(() => {
    current.current = text;
  }, [text]);
  const takeBack = ({ before, after }: Proposal) => {
    if (current.current === after) replace(before);
    else toast("You have written on since: nothing was taken back");
  };
  return (
    <>
      <fieldset
        className="rewrite-bar"
        disabled={Boolean(why) || busy || !gemini}
        data-testid="rewrite-bar"
        aria-label="Say it in another way"
      >
        {WAYS.map(([how, name]) => (
          <Tooltip key={how} text={why ?? `${name}, by Gemini; you see what changes first`}>
            <button type="button" className="btn quiet-btn" aria-disabled={Boolean(why)} onClick={() => void ask(how)}>
              {name}
            </button>
          </Tooltip>
        ))}
        <select aria-label="Language" value={language} onChange={({ target }) => setLanguage(target.value)}>
          {LANGUAGES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        {why && <small>{why}</small>}
        {busy && <small role="status">Asking Gemini…</small>}
      </fieldset>
      {shown && (
        <Shown
          proposal={shown}
          use={() => {
            replace(shown.after);
            setProposal(null);
            offerUndo("Your words were replaced", () => takeBack(shown));
          }}
          keep={() => setProposal(null)}
        />
      )}
    </>
  );
}
