/** What became of a suggestion, in words for people. */
export const DECISIONS: Record<string, string> = {
  applied: "Team and priority were set by the assistant.",
  suggested: "Shown as a suggestion, nothing was changed.",
  waiting_approval: "The draft waits for an agent's approval.",
  answered: "The assistant has answered by itself.",
  abstained: "Not sure enough to route this by itself.",
  handed_off: "Handed to a person.",
  human_decided: "A person had already decided.",
  outdated: "A newer message came; this is about an older one.",
  accepted: "Accepted by an agent.",
  edited: "Used after an edit.",
  rejected: "Rejected by an agent.",
  undone: "Undone by an agent.",
  replay: "Repeated to be compared. It changed nothing.",
  off: "The assistant was switched off.",
};

export const decisionWords = (decision: string | undefined): string =>
  decision ? (DECISIONS[decision] ?? decision.replaceAll("_", " ")) : "";

export const shortDecision = (decision: string): string => (decision === "replay" ? "repeated" : decision.replaceAll("_", " "));
