import { create } from "zustand";

export type Pick = "assign" | "status" | "priority" | "team" | "tags" | "snooze";

interface Ui {
  palette: boolean;
  help: boolean;
  newTicket: boolean;
  sidebar: boolean;
  drawer: boolean;
  pick: { what: Pick; near: DOMRect | null } | null;
  /** The highlighted row of the list when no ticket is open. */
  cursor: string | null;
  set: (change: Partial<Omit<Ui, "set">>) => void;
}

/** What floats above the page. Nothing in here comes from the server. */
export const useUi = create<Ui>((set) => ({
  palette: false,
  help: false,
  newTicket: false,
  sidebar: false,
  drawer: false,
  pick: null,
  cursor: null,
  set: (change) => set(change),
}));

export function openPick(what: Pick, anchor?: Element | null): void {
  useUi.getState().set({ pick: { what, near: anchor?.getBoundingClientRect() ?? null }, palette: false });
}
