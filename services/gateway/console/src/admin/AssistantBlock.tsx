import { Line } from "@/admin/Line";
import { useSettings, useTeams } from "@/api/queries";
import type { DeskSettings } from "@/api/types";

export type Answering = NonNullable<DeskSettings["answering"]>[number];

export const MODES: Record<NonNullable<Answering["mode"]>, string> = {
  off: "Off",
  suggest: "Suggests",
  approve: "Asks for approval",
  autopilot: "Answers by itself",
};

/** What holds where no entry of the dial says more. */
export const REST: Answering = { mode: "suggest", article_ids: [], unlocked: "" };

/** "Level 1 Support, password": what an entry of the dial is about. */
export function scopeOf(entry: Answering, teams: readonly { id: string; name: string }[]): string {
  const team = entry.team_id && (teams.find((each) => each.id === entry.team_id)?.name ?? "a former team");
  return [team, entry.topic].filter(Boolean).join(", ") || "Everything";
}

/** The two dials and the switch that stops both, in words. */
export function AssistantLines({ edit }: { edit?: () => void }) {
  const { data: settings } = useSettings();
  const { data: teams = [] } = useTeams();
  if (!settings) return null;
  const on = settings.ai_enabled;
  const dial = settings.answering ?? [];
  const everything = dial.some((entry) => !entry.team_id && !entry.topic);
  return (
    <>
      <Line name="the assistant" edit={edit}>
        <i className={`health ${on ? "good" : "warn"}`} />
        <b>{settings.assistant_name}</b>
        <span className="dim">{on ? "reads every new mail" : "is switched off"}</span>
      </Line>
      <Line name="routing" edit={edit}>
        <b>Routing</b>
        <span className="dim">{settings.routing_acts ? "acts where it is sure, suggests otherwise" : "only suggests"}</span>
      </Line>
      {[...dial, ...(everything ? [] : [REST])].map((entry) => (
        <Line key={scopeOf(entry, teams)} name="answering" edit={edit}>
          <b>{dial.length > 0 && !everything && scopeOf(entry, teams) === "Everything" ? "Everything else" : scopeOf(entry, teams)}</b>
          <span className={entry.mode === "autopilot" ? "ai-word" : "dim"}>{MODES[entry.mode ?? "suggest"]}</span>
          {entry.unlocked && <span className="dim cut">{entry.unlocked}</span>}
        </Line>
      ))}
    </>
  );
}
