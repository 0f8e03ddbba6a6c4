import { create } from "zustand";
import type { Connection } from "@/live/socket";

export interface Present {
  id: string;
  name: string;
  typing: boolean;
}

interface LiveStore {
  connection: Connection;
  everLive: boolean;
  present: Record<string, Present[]>;
  setConnection: (connection: Connection) => void;
  setPresent: (ticket: string, people: Present[]) => void;
}

export const useLive = create<LiveStore>((set) => ({
  connection: "connecting",
  everLive: false,
  present: {},
  setConnection: (connection) => set((state) => ({ connection, everLive: state.everLive || connection === "live" })),
  setPresent: (ticket, people) => set((state) => ({ present: { ...state.present, [ticket]: people } })),
}));

const NOBODY: Present[] = [];
export const usePresent = (ticket: string): Present[] => useLive((state) => state.present[ticket] ?? NOBODY);
