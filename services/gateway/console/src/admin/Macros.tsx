import { useState } from "react";
import { Block } from "@/admin/Block";
import { Line } from "@/admin/Line";
import { keepMacro, removeMacro } from "@/api/desk";
import { useMacros, usePriorities } from "@/api/queries";
import type { Macro, Status } from "@/api/types";
import { VARIABLES } from "@/composer/variables";
import { STATUS_NAMES } from "@/ticket/actions";
import { FormModal } from "@/ui/FormModal";

const tagsOf = (words: string): string[] => [...new Set(words.split(",").map((tag) => tag.trim()))].filter(Boolean);

function MacroForm({ macro, close }: { macro: Macro | null; close: () => void }) {
  const priorities = usePriorities();
  return (
    <FormModal
      title={macro ? macro.name : "New saved reply"}
      verb={macro ? "Save" : "Add saved reply"}
      working="Saving…"
      close={close}
      remove={macro ? () => removeMacro(macro.id) : undefined}
      save={(value) =>
        keepMacro(macro?.id ?? null, {
          name: value("name"),
          body_text: value("body_text"),
          status: (value("status") || null) as Status | null,
          priority: value("priority") || null,
          tags: tagsOf(value("tags")),
        })
      }
    >
      <label>
        Name
        <input name="name" required maxLength={200} defaultValue={macro?.name} placeholder="Ask for details" />
      </label>
      <label>
        Text
        <textarea name="body_text" rows={6} defaultValue={macro?.body_text} />
        <small>{VARIABLES.map(({ key }) => `{{${key}}}`).join(" ")} are filled in.</small>
      </label>
      <div className="pair">
        <label>
          Status once it is sent
          <select name="status" defaultValue={macro?.status ?? ""}>
            <option value="">Replied, as always</option>
            {(["on_hold", "resolved"] as const).map((status) => (
              <option key={status} value={status}>
                {STATUS_NAMES[status]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Priority
          <select name="priority" defaultValue={macro?.priority ?? ""}>
            <option value="">Leave as it is</option>
            {priorities.map((priority) => (
              <option key={priority.key} value={priority.key}>
                {priority.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label>
        Adds tags
        <input name="tags" defaultValue={macro?.tags?.join(", ")} placeholder="refund, november" />
      </label>
    </FormModal>
  );
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

export function MacroBlock({ admin }: { admin: boolean }) {
  const { data = [] } = useMacros();
  const [editing, setEditing] = useState<{ macro: Macro | null } | null>(null);
  return (
    <Block
      title="Saved replies"
      hint="Text and actions that people use often. In an answer, type / for them."
      add={admin ? () => setEditing({ macro: null }) : undefined}
    >
      {data.length === 0 && <p className="meta pad">None yet. What is written every day belongs here.</p>}
      {data.map((macro) => (
        <Line key={macro.id} name={macro.name} edit={admin ? () => setEditing({ macro }) : undefined}>
          <b>{macro.name}</b>
          <span className="dim cut">{firstLine(macro.body_text ?? "")}</span>
          {macro.status && <span className="end">{STATUS_NAMES[macro.status as Status] ?? macro.status}</span>}
        </Line>
      ))}
      {editing && <MacroForm macro={editing.macro} close={() => setEditing(null)} />}
    </Block>
  );
}
