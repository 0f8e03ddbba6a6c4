import type { Agent, Ticket } from "@/api/types";

export interface Variable {
  key: string;
  name: string;
  value: (ticket: Ticket, me: Agent | null) => string;
}

const firstWord = (name: string): string => name.trim().split(/\s+/)[0] ?? "";

/** What a saved reply may name, and what it becomes in this answer. */
export const VARIABLES: readonly Variable[] = [
  { key: "first_name", name: "Customer's first name", value: ({ requester }) => firstWord(requester.name) },
  { key: "name", name: "Customer's name", value: ({ requester }) => requester.name },
  { key: "number", name: "Ticket number", value: ({ number }) => number },
  { key: "subject", name: "Subject", value: ({ subject }) => subject },
  { key: "agent", name: "My name", value: (_, me) => me?.name ?? "" },
];

/** A word in braces that nothing is known about stays as it is, to be seen before it is sent. */
export function fill(text: string, ticket: Ticket, me: Agent | null): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, key: string) => {
    const variable = VARIABLES.find((each) => each.key === key);
    return variable ? variable.value(ticket, me) : whole;
  });
}
