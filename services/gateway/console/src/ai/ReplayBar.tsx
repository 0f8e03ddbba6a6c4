import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { getEngines, type Run, replayRun, runKeys } from "@/ai/runApi";
import { reasonOf } from "@/api/http";

const POLL_MS = 700;

interface Choice {
  engine: string;
  model?: string;
  label: string;
  /** Why it cannot be asked. */
  why: string | null;
}

/** Asks for the run once more. The page looks for its record until it is there. */
export function ReplayBar({ run, refresh }: { run: Run; refresh: () => Promise<unknown> }) {
  const { data: engines = [] } = useQuery({ queryKey: runKeys.engines, queryFn: getEngines, staleTime: 10_000 });
  const navigate = useNavigate();
  const [known, setKnown] = useState<Set<string> | null>(null);
  const fresh = known && run.replays.find((each) => !known.has(each.id));
  useEffect(() => {
    if (!fresh) return;
    setKnown(null);
    void navigate({ to: "/ai/runs/$run", params: { run: run.id }, search: { with: fresh.id } });
  }, [fresh, navigate, run.id]);
  useEffect(() => {
    if (!known) return;
    const timer = setInterval(() => void refresh(), POLL_MS);
    return () => clearInterval(timer);
  }, [known, refresh]);

  const choices = engines.flatMap((engine): Choice[] =>
    engine.name === "gemini" && engine.models.length > 0
      ? engine.models.map((model) => ({ engine: engine.name, model, label: model, why: engine.available ? null : engine.why }))
      : [{ engine: engine.name, label: `${engine.name} engine`, why: engine.available ? null : engine.why }],
  );
  const again = async (choice: Choice) => {
    setKnown(new Set(run.replays.map((each) => each.id)));
    try {
      await replayRun(run.id, { engine: choice.engine, model: choice.model });
    } catch (error) {
      setKnown(null);
      toast.error("Not repeated", { description: reasonOf(error) });
    }
  };
  return (
    <div className="replay-bar" data-testid="replay-bar">
      <RotateCw size={14} strokeWidth={1.75} className={known ? "pulse" : ""} />
      <span className="dim">{known ? "Running it again…" : "Run again, without acting, with"}</span>
      {choices.map((choice) => (
        <button
          key={choice.label}
          type="button"
          className="btn"
          disabled={Boolean(choice.why) || known !== null}
          title={choice.why ?? undefined}
          onClick={() => void again(choice)}
        >
          {choice.label}
        </button>
      ))}
      {choices.map(
        (choice) =>
          choice.why && (
            <span key={choice.label} className="meta">
              {choice.engine} {choice.why}
            </span>
          ),
      )}
    </div>
  );
}
