import { useQuery } from "@tanstack/react-query";
import { Languages } from "lucide-react";
import { useState } from "react";
import { getEngines, runKeys } from "@/ai/runApi";
import { rewriteText } from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Message } from "@/api/types";
import { PlainText } from "@/ticket/Body";
import { useSuggestions } from "@/ticket/useTicket";
import { Tooltip } from "@/ui/controls";

/** What one answer of the model holds with room to spare, in any language. */
const MOST_CHARACTERS = 4000;
const names = new Intl.DisplayNames(["en"], { type: "language" });
const nameOf = (code: string): string => names.of(code) ?? code;

/** What the agent's browser is set to. */
export const ownLanguage = (): string => navigator.language.split("-")[0] || "en";

/** The language of a message as the assistant read it; of the newest word it read where a burst was read as one. */
function useForeignLanguage(message: Message): string | null {
  const { data } = useSuggestions(message.ticket_id);
  const read = data?.findLast((each) => each.message_id === message.id) ?? data?.at(-1);
  const language = read?.language;
  return language && language !== "und" && language !== ownLanguage() ? language : null;
}

/** The customer's words in the agent's language, below the original: for this browser and this session only, kept nowhere. */
export function Translation({ message }: { message: Message }) {
  const language = useForeignLanguage(message);
  const [wanted, setWanted] = useState(false);
  const own = ownLanguage();
  const whole = message.body_text ?? "";
  const text = whole.slice(0, MOST_CHARACTERS);
  const { data: engines } = useQuery({
    queryKey: runKeys.engines,
    queryFn: getEngines,
    staleTime: 60_000,
    enabled: Boolean(language),
  });
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["translation", message.id, own],
    queryFn: () => rewriteText(message.ticket_id, { how: "translate", text, language: nameOf(own) }),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (!language || !text.trim()) return null;
  const gemini = engines?.find((engine) => engine.name === "gemini");
  const why = gemini && !gemini.available ? `Translation ${gemini.why}` : null;
  const shown = wanted && data;
  return (
    <div className="translation">
      <Tooltip text={why ?? `Translate from ${nameOf(language)} to ${nameOf(own)}, by Gemini; the customer's words stay as they are`}>
        <button
          type="button"
          className="btn quiet-btn"
          aria-disabled={Boolean(why) || !gemini || isFetching}
          onClick={() => {
            if (why || !gemini || isFetching) return;
            if (wanted && error) void refetch();
            else setWanted(!wanted);
          }}
        >
          <Languages size={14} strokeWidth={1.75} /> {shown ? "Hide the translation" : `Translate from ${nameOf(language)}`}
        </button>
      </Tooltip>
      {why && <small>{why}</small>}
      {isFetching && <small role="status">Asking Gemini…</small>}
      {wanted && error && !isFetching && <small role="alert">Not translated: {reasonOf(error)}</small>}
      {shown && (
        <div className="translated" data-testid="translation" lang={own}>
          <PlainText text={data.text} />
          <small>
            Translated from {nameOf(language)} by Gemini. Only you see this.
            {whole.length > MOST_CHARACTERS && " The message is longer: this is its beginning."}
          </small>
        </div>
      )}
    </div>
  );
}
