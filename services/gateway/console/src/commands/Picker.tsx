import { useRouter } from "@tanstack/react-router";
import { Command } from "cmdk";
import { AlarmClock, Check, Plus } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { cache } from "@/api/cache";
import { useAgents, useArticles, useMacros, useMe, usePriorities, useTeams } from "@/api/queries";
import type { Ticket } from "@/api/types";
import { choicesFor } from "@/commands/choices";
import { contextOf } from "@/commands/context";
import { Modal } from "@/commands/Modal";
import { NoneFound } from "@/commands/NoneFound";
import { sayTime } from "@/commands/sayTime";
import { readTime } from "@/commands/snoozeWords";
import { type Pick, takeTypedAhead, useUi } from "@/commands/ui";
import { findTicket, type TicketList } from "@/inbox/ticketCache";
import { setTag, snooze } from "@/ticket/actions";

const TITLES: Record<Pick, string> = {
  assign: "Assign to",
  status: "Status",
  priority: "Priority",
  team: "Move to team",
  tags: "Tags",
  snooze: "Snooze until",
  insert: "Insert",
};

const PLACEHOLDERS: Partial<Record<Pick, string>> = {
  snooze: "tomorrow 9, in 3 hours, next monday",
  insert: "A saved reply, an article, a name",
};

const WIDTH = 260;

/** Beside what was clicked; in the middle when it was a key. */
function place(near: DOMRect | null): CSSProperties {
  if (!near) return {};
  const left = Math.max(8, Math.min(near.left, innerWidth - WIDTH - 8));
  const below = near.bottom + 320 < innerHeight;
  return {
    left,
    width: WIDTH,
    transform: "none",
    ...(below ? { top: near.bottom + 4 } : { top: "auto", bottom: innerHeight - near.top + 4 }),
  };
}

function usedTags(): string[] {
  const tags = new Set<string>();
  for (const [, list] of cache.getQueriesData<TicketList>({ queryKey: ["list"] }))
    for (const row of list?.rows ?? []) for (const tag of row.tags) tags.add(tag);
  return [...tags].sort();
}

export function Picker({ what, near }: { what: Pick; near: DOMRect | null }) {
  const router = useRouter();
  const priorities = usePriorities();
  const { data: agents = [] } = useAgents();
  const { data: teams = [] } = useTeams();
  const { data: me = null } = useMe();
  const { data: macros = [] } = useMacros(what === "insert");
  const { data: articles = [] } = useArticles(what === "insert");
  const [query, setQuery] = useState("");
  const [meant] = useState<Ticket[]>(() => contextOf(router).tickets);
  const close = () => useUi.getState().set({ pick: null });
  if (meant.length === 0) return null;
  const tickets = meant.map((ticket) => findTicket(ticket.id) ?? ticket);
  const title = tickets.length === 1 ? TITLES[what] : `${TITLES[what]} (${tickets.length} tickets)`;
  const choices = choicesFor(what, tickets, { me, agents, teams, priorities, tags: usedTags(), macros, articles });
  const fresh = what === "tags" && query.trim() && !choices.some((choice) => choice.name === query.trim()) ? query.trim() : null;
  const said = what === "snooze" ? readTime(query, new Date()) : null;
  const after = (act: () => void) => {
    act();
    close();
  };
  return (
    <Modal title={title} className="picker" style={place(near)} close={close} bare>
      <Command label={title} loop disablePointerSelection>
        <Command.Input
          value={query}
          onValueChange={setQuery}
          onFocus={() => setQuery((typed) => typed + takeTypedAhead())}
          placeholder={PLACEHOLDERS[what] ?? title}
        />
        <Command.List>
          {!fresh && !said && <NoneFound>{what === "snooze" ? "Try “tomorrow 9” or “in 3 hours”" : "Nothing of that name"}</NoneFound>}
          {choices.map((choice) => (
            <Command.Item key={choice.key} value={choice.name} disabled={choice.not !== undefined} onSelect={() => after(choice.choose)}>
              {choice.icon}
              <span className="cut">{choice.name}</span>
              {choice.not && <small>{choice.not}</small>}
              {choice.current && <Check size={14} strokeWidth={1.75} className="chosen" />}
            </Command.Item>
          ))}
          {fresh && (
            <Command.Item value={fresh} onSelect={() => after(() => setTag(tickets, fresh, true))}>
              <Plus size={14} strokeWidth={1.75} /> Add “{fresh}”
            </Command.Item>
          )}
          {said && (
            <Command.Item value={query} onSelect={() => after(() => void snooze(tickets, said, sayTime(said)))}>
              <AlarmClock size={14} strokeWidth={1.75} /> {sayTime(said)}
            </Command.Item>
          )}
        </Command.List>
      </Command>
    </Modal>
  );
}
