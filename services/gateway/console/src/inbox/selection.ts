import { create } from "zustand";
import { cache, keys } from "@/api/cache";
import type { Ticket } from "@/api/types";
import type { TicketList } from "@/inbox/ticketCache";

interface Selection {
  /** The view the tickets were chosen in: another view starts with none. */
  view: string;
  ids: ReadonlySet<string>;
  /** Where a range begins. */
  anchor: string | null;
}

const NONE: ReadonlySet<string> = new Set();

export const useSelection = create<Selection>(() => ({ view: "", ids: NONE, anchor: null }));

const rowsOf = (view: string): Ticket[] => cache.getQueryData<TicketList>(keys.list(view))?.rows ?? [];
const chosenIn = (view: string): ReadonlySet<string> => (useSelection.getState().view === view ? useSelection.getState().ids : NONE);

/** The chosen tickets as they are now, in the order of the list; who has left the list is no longer chosen. */
export function selectedIn(view: string): Ticket[] {
  const ids = chosenIn(view);
  return ids.size === 0 ? [] : rowsOf(view).filter((row) => ids.has(row.id));
}

export function toggleSelected(view: string, id: string): void {
  const ids = new Set(chosenIn(view));
  if (!ids.delete(id)) ids.add(id);
  useSelection.setState({ view, ids, anchor: id });
}

/** Everything between the last chosen row and this one. */
export function selectTo(view: string, id: string): void {
  const rows = rowsOf(view);
  const at = (each: string | null) => rows.findIndex((row) => row.id === each);
  const ends = [at(useSelection.getState().anchor), at(id)].sort((a, b) => a - b) as [number, number];
  if (ends[0] < 0 || chosenIn(view).size === 0) {
    toggleSelected(view, id);
    return;
  }
  const between = rows.slice(ends[0], ends[1] + 1).map((row) => row.id);
  useSelection.setState({ view, ids: new Set([...chosenIn(view), ...between]) });
}

export const selectAll = (view: string): void => useSelection.setState({ view, ids: new Set(rowsOf(view).map((row) => row.id)) });
export const clearSelection = (): void => useSelection.setState({ ids: NONE, anchor: null });
