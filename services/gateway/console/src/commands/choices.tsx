import { AlarmClock, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Agent, Named, Priority, Status, Ticket } from "@/api/types";
import type { Pick } from "@/commands/ui";
import { assign, STATUS_NAMES, setPriority, setStatus, setTags, setTeam, snooze } from "@/ticket/actions";
import { Avatar, PriorityBars, StatusMark, Tag } from "@/ui/marks";

export interface Choice {
  key: string;
  name: string;
  icon: ReactNode;
  current: boolean;
  /** Why it cannot be chosen. */
  not?: string;
  choose: () => void;
}

export interface Desk {
  me: Agent | null;
  agents: Agent[];
  teams: Named[];
  priorities: Priority[];
  tags: string[];
}

const SETTABLE: Status[] = ["open", "replied", "on_hold", "resolved", "closed"];

function statuses(ticket: Ticket): Choice[] {
  return SETTABLE.map((status) => ({
    key: status,
    name: STATUS_NAMES[status],
    icon: <StatusMark status={status} />,
    current: ticket.status === status,
    choose: () => setStatus(ticket, status),
  }));
}

const mayOwn = (agent: Agent, ticket: Ticket): boolean => ticket.team === null || agent.teams.some((team) => team.id === ticket.team?.id);

/** Oneself first, then the ticket's team; the others are shown with the reason why not. */
function assignees(ticket: Ticket, { me, agents }: Desk): Choice[] {
  const rank = (agent: Agent): number => (!mayOwn(agent, ticket) ? 2 : agent.id === me?.id ? 0 : 1);
  const people = [...agents].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const nobody: Choice = {
    key: "nobody",
    name: "Nobody",
    icon: <span className="nobody" />,
    current: ticket.assignee === null,
    choose: () => assign(ticket, null),
  };
  return [
    ...people.map((agent) => ({
      key: agent.id,
      name: agent.id === me?.id ? `${agent.name} (me)` : agent.name,
      icon: <Avatar name={agent.name} px={18} />,
      current: ticket.assignee?.id === agent.id,
      not: mayOwn(agent, ticket) ? undefined : `not in ${ticket.team?.name}`,
      choose: () => assign(ticket, agent),
    })),
    nobody,
  ];
}

function priorities(ticket: Ticket, desk: Desk): Choice[] {
  return desk.priorities.map((priority) => ({
    key: priority.key,
    name: priority.name,
    icon: <PriorityBars priority={priority.key} />,
    current: ticket.priority === priority.key,
    choose: () => setPriority(ticket, priority.key, priority.name),
  }));
}

function teams(ticket: Ticket, desk: Desk): Choice[] {
  return desk.teams.map((team) => ({
    key: team.id,
    name: team.name,
    icon: <Users size={14} strokeWidth={1.75} />,
    current: ticket.team?.id === team.id,
    choose: () => setTeam(ticket, team),
  }));
}

function tags(ticket: Ticket, desk: Desk): Choice[] {
  return [...new Set([...ticket.tags, ...desk.tags])].map((tag) => {
    const current = ticket.tags.includes(tag);
    return {
      key: tag,
      name: tag,
      icon: <Tag name="" />,
      current,
      choose: () => setTags(ticket, current ? ticket.tags.filter((each) => each !== tag) : [...ticket.tags, tag]),
    };
  });
}

const HOUR = 3_600_000;

export function snoozeTimes(now: Date): [string, Date][] {
  const morning = (days: number): Date => {
    const date = new Date(now);
    date.setDate(date.getDate() + days);
    date.setHours(9, 0, 0, 0);
    return date;
  };
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    ["in one hour", new Date(now.getTime() + HOUR)],
    ["in three hours", new Date(now.getTime() + 3 * HOUR)],
    ["tomorrow, 09:00", morning(1)],
    ["Monday, 09:00", morning(toMonday)],
    ["in a week", morning(7)],
  ];
}

function snoozes(ticket: Ticket): Choice[] {
  return snoozeTimes(new Date()).map(([words, until]) => ({
    key: words,
    name: words.replace(/^./, (letter) => letter.toUpperCase()),
    icon: <AlarmClock size={14} strokeWidth={1.75} />,
    current: false,
    choose: () => void snooze(ticket, until, words),
  }));
}

export function choicesFor(what: Pick, ticket: Ticket, desk: Desk): Choice[] {
  switch (what) {
    case "status":
      return statuses(ticket);
    case "assign":
      return assignees(ticket, desk);
    case "priority":
      return priorities(ticket, desk);
    case "team":
      return teams(ticket, desk);
    case "tags":
      return tags(ticket, desk);
    case "snooze":
      return snoozes(ticket);
  }
}
