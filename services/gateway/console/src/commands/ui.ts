import { create } from "zustand";
import type { Ticket } from "@/api/types";
import type { SavedView } from "@/inbox/savedViews";

export type Pick = "assign" | "status" | "priority" | "team" | "tags" | "snooze" | "insert";

interface Ui {
  palette: boolean;
  help: boolean;
  newTicket: boolean;
  /** The ticket whose messages go into another one. */
  merge: Ticket | null;
  /** A view of one's own that is being made (null) or changed. */
  viewForm: { view: SavedView | null } | null;
  sidebar: boolean;
  drawer: boolean;
  pick: { what: Pick; near: DOMRect | null } | null;
  /** The highlighted row of the list when no ticket is open. */
  cursor: string | null;
  set: (change: Partial<Omit<Ui, "set">>) => void;
}

let ahead = "";

/** Typed after the key that opens a dialog and before the dialog is there. */
export const typeAhead = (letter: string): void => {
  ahead += letter;
};

export function takeTypedAhead(): string {
  const typed = ahead;
  ahead = "";
  return typed;
}

export const isFloating = ({ palette, help, newTicket, merge, viewForm, pick }: Ui): boolean =>
  palette || help || newTicket || merge !== null || viewForm !== null || pick !== null;

/** What floats above the page. Nothing in here comes from the server. */
export const useUi = create<Ui>((set) => ({
  palette: false,
  help: false,
  newTicket: false,
  merge: null,
  viewForm: null,
  sidebar: false,
  drawer: false,
  pick: null,
  cursor: null,
  set: (change) => set(change),
}));

export function openPick(what: Pick, anchor?: Element | null): void {
  useUi.getState().set({ pick: { what, near: anchor?.getBoundingClientRect() ?? null }, palette: false });
}
