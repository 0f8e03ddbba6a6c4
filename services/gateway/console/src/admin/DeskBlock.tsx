import { useState } from "react";
import { Block } from "@/admin/Block";
import { Line } from "@/admin/Line";
import { keepSettings } from "@/api/desk";
import { usePriorities, useSettings, useTeams } from "@/api/queries";
import type { DeskSettings } from "@/api/types";
import { FormModal } from "@/ui/FormModal";

const LANGUAGES = { en: "English", de: "German", fr: "French", es: "Spanish" } as const;
type Language = keyof typeof LANGUAGES;

const zones = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

function DeskForm({ settings, close }: { settings: DeskSettings; close: () => void }) {
  const priorities = usePriorities();
  const { data: teams = [] } = useTeams();
  return (
    <FormModal
      title="The desk"
      verb="Save"
      working="Saving…"
      close={close}
      save={(value) =>
        keepSettings({
          desk_name: value("desk_name"),
          time_zone: value("time_zone"),
          language: value("language") as Language,
          ticket_prefix: value("ticket_prefix").toUpperCase(),
          customer_prefix: value("customer_prefix").toUpperCase(),
          auto_close_days: Number(value("auto_close_days")),
          default_priority: value("default_priority"),
          default_team: value("default_team") || null,
        })
      }
    >
      <label>
        Name
        <input name="desk_name" required maxLength={200} defaultValue={settings.desk_name} />
      </label>
      <div className="pair">
        <label>
          Time zone
          <select name="time_zone" defaultValue={settings.time_zone}>
            {zones().map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        </label>
        <label>
          Language of automatic mail
          <select name="language" defaultValue={settings.language}>
            {Object.entries(LANGUAGES).map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Ticket numbers begin with
          <input name="ticket_prefix" required pattern="[A-Za-z0-9]{1,10}" defaultValue={settings.ticket_prefix} />
        </label>
        <label>
          Customer numbers begin with
          <input name="customer_prefix" required pattern="[A-Za-z0-9]{1,10}" defaultValue={settings.customer_prefix} />
        </label>
        <label>
          Priority of new tickets
          <select name="default_priority" defaultValue={settings.default_priority}>
            {priorities.map((priority) => (
              <option key={priority.key} value={priority.key}>
                {priority.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Team of new tickets
          <select name="default_team" defaultValue={settings.default_team ?? ""}>
            <option value="">None</option>
            {teams.map((team) => (
              <option key={team.id} value={team.id}>
                {team.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label>
        Days until a resolved ticket closes
        <input name="auto_close_days" type="number" required min={0.1} step="any" defaultValue={settings.auto_close_days} />
      </label>
    </FormModal>
  );
}

interface Counter {
  next?: number;
  last_reset?: string | null;
}

/** "next TIK 12": the number that the next ticket or customer gets. */
function nextOf(settings: DeskSettings, name: string): string {
  const counter = settings.numbering?.[name] as Counter | undefined;
  return counter?.next ? `next is ${counter.next}` : "none given yet";
}

export function DeskBlock({ admin }: { admin: boolean }) {
  const { data: settings } = useSettings();
  const [open, setOpen] = useState(false);
  if (!settings) return null;
  const facts: [string, string][] = [
    ["Name", settings.desk_name ?? ""],
    ["Time zone", settings.time_zone ?? ""],
    ["Ticket numbers", `${settings.ticket_prefix}, ${nextOf(settings, "ticket")}, from 1 again every midnight`],
    ["Customer numbers", `${settings.customer_prefix}, ${nextOf(settings, "customer")}`],
    ["Resolved tickets close", `after ${settings.auto_close_days} days`],
  ];
  return (
    <Block title="Desk" hint="What holds for everybody.">
      {facts.map(([name, value]) => (
        <Line key={name} name={name} edit={admin ? () => setOpen(true) : undefined}>
          <b>{name}</b>
          <span className="end">{value}</span>
        </Line>
      ))}
      {open && <DeskForm settings={settings} close={() => setOpen(false)} />}
    </Block>
  );
}
