import { create } from "zustand";

export interface Stage {
  name: string;
  label: string;
  at: number;
}

interface Run {
  stages: Stage[];
  running: boolean;
  text: string;
}

interface RunStore {
  runs: Record<string, Run>;
  stage: (ticket: string, data: Record<string, unknown>) => void;
  delta: (ticket: string, text: string) => void;
  finish: (ticket: string) => void;
}

const LABELS: Record<string, string> = {
  received: "Reading the message",
  screened: "Screening for traps",
  redacted: "Taking out personal data",
  classified: "Choosing the team",
  prioritised: "Weighing the priority",
  retrieved: "Searching articles",
  drafting: "Writing a draft",
  checked: "Checking each claim",
};

const FINAL = new Set(["decided", "applied", "waiting_approval", "handed_off"]);
const EMPTY: Run = { stages: [], running: true, text: "" };

const sentence = (words: string): string => words.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());

/** What the assistant does right now, ticket by ticket. Not server state: it is gone when the run is over. */
export const useRuns = create<RunStore>((set) => ({
  runs: {},
  stage: (ticket, data) =>
    set((state) => {
      const name = String(data.stage ?? "working");
      const over = FINAL.has(name);
      const run = state.runs[ticket]?.running ? state.runs[ticket] : EMPTY;
      const label = sentence(typeof data.label === "string" && data.label ? data.label : (LABELS[name] ?? name));
      const known = run.stages.some((stage) => stage.name === name);
      const stages = over || known ? run.stages : [...run.stages, { name, label, at: Date.now() }];
      return { runs: { ...state.runs, [ticket]: { ...run, stages, running: !over } } };
    }),
  delta: (ticket, text) =>
    set((state) => {
      const run = state.runs[ticket] ?? EMPTY;
      return { runs: { ...state.runs, [ticket]: { ...run, text: run.text + text } } };
    }),
  finish: (ticket) =>
    set((state) => {
      const run = state.runs[ticket];
      return run ? { runs: { ...state.runs, [ticket]: { ...run, running: false } } } : state;
    }),
}));
