import { useQuery } from "@tanstack/react-query";
import { Line } from "@/admin/Line";
import { type Dial, type Earned, getAutonomy } from "@/ai/autonomy";
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
export function scopeOf(entry: Pick<Answering, "team_id" | "topic">, teams: readonly { id: string; name: string }[]): string {
  const team = entry.team_id && (teams.find((each) => each.id === entry.team_id)?.name ?? "a former team");
  return [team, entry.topic].filter(Boolean).join(", ") || "Everything";
}

const percent = (share: number | null | undefined): string => (share == null ? "none" : `${Math.round(share * 1000) / 10} %`);

const MISSING: Record<string, string> = {
  few_reviews: "not reviewed often enough yet",
  too_few_accepted: "too often changed or refused",
  fell_lately: "the last seven days were worse",
  reopens: "too many tickets came back",
};

function Figures({ earned, needed }: { earned: Earned; needed: number }) {
  return (
    <span className="dim figures">
      {earned.reviewed} of {needed} reviewed, {percent(earned.accepted_unedited)} unedited (at least {percent(earned.at_least)}), 7 days{" "}
      {percent(earned.seven_days)}, came back {percent(earned.reopened)}
    </span>
  );
}

/** Where an entry stands on its way to autopilot, or why it is not there any more. */
function EarnedLine({ entry, needed }: { entry: Dial; needed: number }) {
  return (
    <div className="line earned" data-testid="autonomy" data-topic={entry.topic ?? ""} data-acts-as={entry.acts_as}>
      <Figures earned={entry} needed={needed} />
      {entry.why && <span className="problem">asks for approval: {MISSING[entry.why] ?? entry.why}</span>}
      {entry.mode === "autopilot" && !entry.why && !entry.given && <span className="ai-word">earned</span>}
    </div>
  );
}

/** What drafts of each team and topic have earned, most reviewed first. */
export function TrackRecords() {
  const { data } = useQuery({ queryKey: ["autonomy"], queryFn: getAutonomy, staleTime: 5_000 });
  const { data: teams = [] } = useTeams();
  if (!data?.records.length) return <p className="meta pad">Nobody has answered a draft yet. Each answer counts towards autopilot.</p>;
  return data.records.map((earned) => (
    <div key={`${earned.team?.id}/${earned.topic}`} className="line" data-testid="track-record">
      <b>{scopeOf({ team_id: earned.team?.id, topic: earned.topic }, teams)}</b>
      <Figures earned={earned} needed={data.needed.reviewed ?? 0} />
      {!earned.missing_for_autopilot && <span className="ai-word">autopilot is earned</span>}
    </div>
  ));
}

/** The two dials and the switch that stops both, in words. */
export function AssistantLines({ edit }: { edit?: () => void }) {
  const { data: settings } = useSettings();
  const { data: teams = [] } = useTeams();
  const { data: autonomy } = useQuery({ queryKey: ["autonomy"], queryFn: getAutonomy, staleTime: 5_000 });
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
      {autonomy?.dial.map((entry) => (
        <EarnedLine key={`${entry.team?.id}/${entry.topic}`} entry={entry} needed={autonomy.needed.reviewed ?? 0} />
      ))}
    </>
  );
}
