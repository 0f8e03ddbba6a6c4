import { create } from "zustand";
import * as api from "@/api/endpoints";

/** Why a suggestion was refused; each has its key, in this order. */
export const REASONS = [
  ["wrong_article", "Wrong article"],
  ["wrong_team", "Wrong team"],
  ["incomplete", "Incomplete"],
  ["tone", "Tone"],
  ["not_needed", "Not needed"],
] as const;

interface Asked {
  ticket: string;
  suggestion: string;
}

/** The suggestion that was refused last and still lacks its reason. */
export const useRefused = create<{ asked: Asked | null; ask: (asked: Asked | null) => void }>((set) => ({
  asked: null,
  ask: (asked) => set({ asked }),
}));

/** The refusal counts without it; a reason only teaches more. */
export function giveReason(reason: string): void {
  const { asked, ask } = useRefused.getState();
  ask(null);
  if (asked) void api.decideSuggestion(asked.ticket, asked.suggestion, "reject", { reason }).catch(() => undefined);
}
