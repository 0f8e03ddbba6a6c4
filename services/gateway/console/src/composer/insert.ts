import type { Agent, Macro, Ticket } from "@/api/types";
import { EMPTY, focusComposer, useDrafts } from "@/composer/drafts";
import { fill } from "@/composer/variables";
import { changeEach } from "@/ticket/actions";

/** Puts words where the cursor is, or was when the dialog opened, and goes on behind them. */
export function insertText(ticket: string, text: string): void {
  const draft = useDrafts.getState().drafts[ticket] ?? EMPTY;
  const field = draft.mode === "note" ? "note" : "reply";
  const area = document.querySelector<HTMLTextAreaElement>("[data-composer]");
  const from = area?.selectionStart ?? draft[field].length;
  const to = area?.selectionEnd ?? from;
  useDrafts.getState().edit(ticket, { [field]: `${draft[field].slice(0, from)}${text}${draft[field].slice(to)}` });
  focusComposer(ticket, draft.mode, from + text.length);
}

/** The text goes into the answer and its status with it when it is sent; priority and tags hold at once. */
export function applyMacro(ticket: Ticket, macro: Macro, me: Agent | null): void {
  const added = (macro.tags ?? []).filter((tag) => !ticket.tags.includes(tag));
  const patch = {
    ...(macro.priority && macro.priority !== ticket.priority ? { priority: macro.priority } : {}),
    ...(added.length > 0 ? { tags: [...ticket.tags, ...added] } : {}),
  };
  if (Object.keys(patch).length > 0) changeEach([{ ticket, patch }], macro.name);
  if (macro.status) useDrafts.getState().edit(ticket.id, { status: macro.status as Ticket["status"] });
  if (macro.body_text) insertText(ticket.id, fill(macro.body_text, ticket, me));
}
