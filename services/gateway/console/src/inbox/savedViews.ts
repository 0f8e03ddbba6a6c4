import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Status, Ticket } from "@/api/types";

/** What a view asks for; an empty list or an unset field asks for nothing. */
export interface Wanted {
  status: Status[];
  priority: string[];
  team: string | null;
  /** An agent's id, "me" or "none". */
  assignee: string | null;
  tag: string | null;
  unread: boolean;
}

export interface SavedView extends Wanted {
  id: string;
  name: string;
}

interface Views {
  views: SavedView[];
  keep: (view: SavedView) => void;
  remove: (id: string) => void;
}

/** One's own views, kept on this device like the other preferences. */
export const useSavedViews = create<Views>()(
  persist(
    (set) => ({
      views: [],
      keep: (view) =>
        set(({ views }) => {
          const at = views.findIndex((each) => each.id === view.id);
          return { views: at < 0 ? [...views, view] : views.with(at, view) };
        }),
      remove: (id) => set(({ views }) => ({ views: views.filter((each) => each.id !== id) })),
    }),
    { name: "helpdesk.views" },
  ),
);

const PREFIX = "saved-";
export const savedKey = (view: SavedView): string => `${PREFIX}${view.id}`;

export const savedView = (key: string): SavedView | undefined =>
  key.startsWith(PREFIX) ? useSavedViews.getState().views.find((view) => savedKey(view) === key) : undefined;

/** The same question as the server is asked, for what the socket brings. */
export function isWanted(wanted: Wanted, ticket: Ticket, me: string): boolean {
  const { status, priority, team, assignee, tag, unread } = wanted;
  const owner = ticket.assignee?.id ?? "none";
  return (
    (status.length === 0 || status.includes(ticket.status)) &&
    (priority.length === 0 || priority.includes(ticket.priority)) &&
    (!team || ticket.team?.id === team) &&
    (!assignee || owner === (assignee === "me" ? me : assignee)) &&
    (!tag || ticket.tags.includes(tag)) &&
    (!unread || ticket.unread)
  );
}
