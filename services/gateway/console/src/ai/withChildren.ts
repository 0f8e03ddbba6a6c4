import { create } from "zustand";
import type { Ticket } from "@/api/types";

/** Incidents that are to be resolved alone, by an agent's choice; the others take their tickets with them. */
export const useAlone = create<{ alone: Record<string, boolean>; set: (id: string, alone: boolean) => void }>()((set) => ({
  alone: {},
  set: (id, alone) => set((state) => ({ alone: { ...state.alone, [id]: alone } })),
}));

export const takesChildren = (ticket: Ticket): boolean => ticket.children.length > 0 && !useAlone.getState().alone[ticket.id];
