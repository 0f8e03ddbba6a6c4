import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Attachment, Message, Status } from "@/api/types";

export type Mode = "reply" | "note";

export interface Draft {
  mode: Mode;
  reply: string;
  note: string;
  cc: string[];
  to: string[] | null;
  attachments: Attachment[];
  bcc?: string[];
  /** Whether the reply quotes what was said before; unset = as the mailbox says. */
  quote?: boolean;
  /** Whether everybody the customer's mail went to gets the reply; unset = yes. */
  all?: boolean;
  /** What the ticket becomes once this is sent, where a saved reply says so; unset = replied. */
  status?: Status;
  /** The suggestion this text began as, so that its author is not mistaken for a human. */
  suggestion: string | null;
}

interface DraftStore {
  drafts: Record<string, Draft>;
  edit: (ticket: string, change: Partial<Draft>) => void;
  clear: (ticket: string) => void;
}

export const EMPTY: Draft = { mode: "reply", reply: "", note: "", cc: [], to: null, attachments: [], suggestion: null };

/** Every keystroke is kept on this device until it is sent; a closed tab or a refused send costs no text. */
export const useDrafts = create<DraftStore>()(
  persist(
    (set) => ({
      drafts: {},
      edit: (ticket, change) => set(({ drafts }) => ({ drafts: { ...drafts, [ticket]: { ...(drafts[ticket] ?? EMPTY), ...change } } })),
      clear: (ticket) =>
        set(({ drafts }) => {
          const { [ticket]: _, ...rest } = drafts;
          return { drafts: rest };
        }),
    }),
    { name: "helpdesk.drafts" },
  ),
);

export const useDraft = (ticket: string): Draft => useDrafts((state) => state.drafts[ticket] ?? EMPTY);

interface StaleStore {
  /** What arrived while the refused reply was written, ticket by ticket. */
  stale: Record<string, Message[]>;
  set: (ticket: string, messages: Message[]) => void;
}

export const useStale = create<StaleStore>((set) => ({
  stale: {},
  set: (ticket, messages) => set(({ stale }) => ({ stale: { ...stale, [ticket]: messages } })),
}));

const editor = (): HTMLTextAreaElement | null => document.querySelector<HTMLTextAreaElement>("[data-composer]");

/** Focuses in the same breath as the key press: what is typed next must become text, never a command. */
export function focusComposer(ticket: string, mode: Mode, at?: number): void {
  useDrafts.getState().edit(ticket, { mode });
  editor()?.focus();
  requestAnimationFrame(() => {
    const area = editor();
    area?.focus();
    const caret = at ?? area?.value.length ?? 0;
    area?.setSelectionRange(caret, caret);
  });
}
