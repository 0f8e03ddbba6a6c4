import { useState } from "react";
import { Block } from "@/admin/Block";
import { Line } from "@/admin/Line";
import { keepPriority, keepSla } from "@/api/desk";
import { usePriorities, useSlas } from "@/api/queries";
import type { Priority, SlaTargets } from "@/api/types";
import { FormModal } from "@/ui/FormModal";
import { PriorityBars } from "@/ui/marks";
import { span } from "@/ui/time";

const HOUR = 3600;
const within = (seconds: number): string => span(seconds * 1000);

function TargetForm({ priority, sla, close }: { priority: Priority; sla: SlaTargets | undefined; close: () => void }) {
  const save = async (value: (name: string) => string) => {
    if (value("name") !== priority.name) await keepPriority(priority.key, { name: value("name") });
    if (!sla) return;
    const seconds = (name: string) => Math.round(Number(value(name)) * HOUR);
    await keepSla(sla.id, { first_response_seconds: seconds("first"), resolution_seconds: seconds("resolution") });
  };
  return (
    <FormModal title={priority.name} verb="Save" working="Saving…" close={close} save={save}>
      <label>
        Name
        <input name="name" required maxLength={200} defaultValue={priority.name} />
      </label>
      {sla && (
        <div className="pair">
          <label>
            First answer within hours
            <input name="first" type="number" required min={0.01} step="any" defaultValue={sla.first_response_seconds / HOUR} />
          </label>
          <label>
            Resolved within hours
            <input name="resolution" type="number" required min={0.01} step="any" defaultValue={sla.resolution_seconds / HOUR} />
          </label>
        </div>
      )}
      <p className="meta">Tickets that are open now keep the deadlines they were given.</p>
    </FormModal>
  );
}

export function TargetBlock({ admin }: { admin: boolean }) {
  const priorities = usePriorities();
  const { data: slas = [] } = useSlas();
  const [open, setOpen] = useState<Priority | null>(null);
  const targetOf = (priority: Priority) => slas.find((sla) => sla.priority === priority.key);
  return (
    <Block title="Priorities" hint="The most urgent first, with the time to a first answer and to the solution.">
      {priorities.map((priority) => {
        const sla = targetOf(priority);
        return (
          <Line key={priority.key} name={priority.name} edit={admin ? () => setOpen(priority) : undefined}>
            <PriorityBars priority={priority.key} />
            <b>{priority.name}</b>
            {sla && (
              <span className="end figures">
                {within(sla.first_response_seconds)} <span className="dim">answer</span> · {within(sla.resolution_seconds)}{" "}
                <span className="dim">solution</span>
              </span>
            )}
          </Line>
        );
      })}
      {open && <TargetForm priority={open} sla={targetOf(open)} close={() => setOpen(null)} />}
    </Block>
  );
}
