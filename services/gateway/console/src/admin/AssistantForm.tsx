import { type Answering, MODES, REST, scopeOf } from "@/admin/AssistantBlock";
import { keepSettings } from "@/api/desk";
import { useSettings, useTeams } from "@/api/queries";
import { FormModal, type Values } from "@/ui/FormModal";

type Mode = NonNullable<Answering["mode"]>;

function Dial({ name, label, mode, locked }: { name: string; label: string; mode: Mode; locked: boolean }) {
  return (
    <label>
      {label}
      <select name={name} defaultValue={mode}>
        {(Object.keys(MODES) as Mode[])
          .filter((each) => each !== "autopilot" || !locked)
          .map((each) => (
            <option key={each} value={each}>
              {MODES[each]}
            </option>
          ))}
      </select>
    </label>
  );
}

const isEverything = (entry: Answering): boolean => !entry.team_id && !entry.topic;

function dialFrom(value: Values, known: Answering[]): Answering[] {
  const named = known.filter((entry) => !isEverything(entry)).map((entry, at) => ({ ...entry, mode: value(`mode-${at}`) as Mode }));
  const rest = value("mode-rest") as Mode;
  return rest === "suggest" ? named : [...named, { ...REST, mode: rest }];
}

/** Autopilot can be given only where it was unlocked, with a reason and approved articles. */
export function AssistantForm({ close }: { close: () => void }) {
  const { data: settings } = useSettings();
  const { data: teams = [] } = useTeams();
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
          answering: dialFrom(value, dial),
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
          <Dial
            key={scopeOf(entry, teams)}
            name={`mode-${at}`}
            label={scopeOf(entry, teams)}
            mode={entry.mode ?? "suggest"}
            locked={!entry.unlocked}
          />
        ))}
      <Dial
        name="mode-rest"
        label={dial.some((entry) => !isEverything(entry)) ? "Everything else" : "Answers"}
        mode={dial.find(isEverything)?.mode ?? "suggest"}
        locked
      />
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
