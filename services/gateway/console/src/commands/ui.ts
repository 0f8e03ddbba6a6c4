import { create } from "zustand";
import type { Ticket } from "@/api/types";

export type Pick = "assign" | "status" | "priority" | "team" | "tags" | "snooze";

interface Ui {
  palette: boolean;
  help: boolean;
  newTicket: boolean;
  /** The ticket whose messages go into another one. */
  merge: Ticket | null;
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

export const isFloating = ({ palette, help, newTicket, merge, pick }: Ui): boolean =>
  palette || help || newTicket || merge !== null || pick !== null;

/** What floats above the page. Nothing in here comes from the server. */
export const useUi = create<Ui>((set) => ({
  palette: false,
  help: false,
  newTicket: false,
  merge: null,
  sidebar: false,
  drawer: false,
  pick: null,
  cursor: null,
  set: (change) => set(change),
}));

export function openPick(what: Pick, anchor?: Element | null): void {
  useUi.getState().set({ pick: { what, near: anchor?.getBoundingClientRect() ?? null }, palette: false });
}
