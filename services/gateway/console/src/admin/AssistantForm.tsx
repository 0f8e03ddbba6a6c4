import { type Answering, MODES, REST, scopeOf } from "@/admin/AssistantBlock";
import { keepSettings } from "@/api/desk";
import { useArticles, useSettings, useTeams } from "@/api/queries";
import type { Article, Team } from "@/api/types";
import { FormModal, type Values } from "@/ui/FormModal";

type Mode = NonNullable<Answering["mode"]>;

function Dial({ name, label, mode }: { name: string; label: string; mode: Mode }) {
  return (
    <label>
      {label}
      <select name={name} defaultValue={mode}>
        {(Object.keys(MODES) as Mode[]).map((each) => (
          <option key={each} value={each}>
            {MODES[each]}
          </option>
        ))}
        {label !== "Everything else" && label !== "Answers" && <option value="remove">No entry of its own</option>}
      </select>
    </label>
  );
}

function Articles({ name, articles, chosen }: { name: string; articles: Article[]; chosen: readonly string[] }) {
  return (
    <label>
      Articles whose sentences may go out without a person
      <select name={name} multiple size={4} defaultValue={[...chosen]}>
        {articles
          .filter((article) => article.status === "published" && article.audience === "public")
          .map((article) => (
            <option key={article.id} value={article.id}>
              {article.title}
            </option>
          ))}
      </select>
    </label>
  );
}

/** Another entry of the dial; it is kept only where a team or a topic is named. */
function NewEntry({ teams, articles }: { teams: Team[]; articles: Article[] }) {
  return (
    <details>
      <summary>Set it for a team or a topic</summary>
      <div className="three">
        <label>
          Team
          <select name="new-team" defaultValue="">
            <option value="">Every team</option>
            {teams.map((team) => (
              <option key={team.id} value={team.id}>
                {team.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Topic
          <input name="new-topic" maxLength={100} placeholder="invoice" />
        </label>
        <Dial name="new-mode" label="Mode" mode="approve" />
      </div>
      <Articles name="new-articles" articles={articles} chosen={[]} />
    </details>
  );
}

const isEverything = (entry: Answering): boolean => !entry.team_id && !entry.topic;

function dialFrom(value: Values, all: FormData, known: Answering[]): Answering[] {
  const named = known
    .filter((entry) => !isEverything(entry))
    .map((entry, at) => ({ entry, mode: value(`mode-${at}`), articles: all.getAll(`articles-${at}`).map(String) }))
    .filter(({ mode }) => mode !== "remove")
    .map(({ entry, mode, articles }) => ({ ...entry, mode: mode as Mode, article_ids: articles }));
  const [team, topic] = [value("new-team") || null, value("new-topic").toLowerCase() || null];
  const added: Answering[] =
    team || topic
      ? [{ mode: value("new-mode") as Mode, team_id: team, topic, article_ids: all.getAll("new-articles").map(String), unlocked: "" }]
      : [];
  const rest = value("mode-rest") as Mode;
  return [...named, ...added, ...(rest === "suggest" ? [] : [{ ...REST, mode: rest }])];
}

/** Autopilot may be set anywhere: it asks for approval until it is earned there, and quotes only the articles chosen for it. */
export function AssistantForm({ close }: { close: () => void }) {
  const { data: settings } = useSettings();
  const { data: teams = [] } = useTeams();
  const { data: articles = [] } = useArticles();
  if (!settings) return null;
  const dial = settings.answering ?? [];
  return (
    <FormModal
      title="Assistant"
      verb="Save"
      working="Saving…"
      close={close}
      save={(value, all) =>
        keepSettings({
          assistant_name: value("assistant_name"),
          ai_enabled: all.has("ai_enabled"),
          routing_acts: all.has("routing_acts"),
          recall_seconds: Number(value("recall_seconds")),
          tags: value("tags")
            .split(",")
            .map((tag) => tag.trim())
            .filter(Boolean),
          answering: dialFrom(value, all, dial),
        })
      }
    >
      <div className="pair">
        <label>
          Name
          <input name="assistant_name" required maxLength={200} defaultValue={settings.assistant_name} />
        </label>
        <label>
          Seconds to take its replies back
          <input name="recall_seconds" type="number" min={0} max={3600} required defaultValue={settings.recall_seconds} />
        </label>
      </div>
      {dial
        .filter((entry) => !isEverything(entry))
        .map((entry, at) => (
          <div key={scopeOf(entry, teams)}>
            <Dial name={`mode-${at}`} label={scopeOf(entry, teams)} mode={entry.mode ?? "suggest"} />
            <Articles name={`articles-${at}`} articles={articles} chosen={entry.article_ids ?? []} />
          </div>
        ))}
      <Dial
        name="mode-rest"
        label={dial.some((entry) => !isEverything(entry)) ? "Everything else" : "Answers"}
        mode={dial.find(isEverything)?.mode ?? "suggest"}
      />
      <NewEntry teams={teams} articles={articles} />
      <label>
        Tags it may set by itself; other words it only proposes
        <input name="tags" maxLength={4000} defaultValue={(settings.tags ?? []).join(", ")} />
      </label>
      <label className="check">
        <input type="checkbox" name="routing_acts" defaultChecked={settings.routing_acts} />
        Set team and priority by itself where it is sure
      </label>
      <label className="check">
        <input type="checkbox" name="ai_enabled" defaultChecked={settings.ai_enabled} />
        Switched on; off stops it within a second
      </label>
    </FormModal>
  );
}
