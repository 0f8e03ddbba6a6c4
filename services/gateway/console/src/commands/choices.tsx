import { AlarmClock, BookOpen, Braces, MessageSquareText, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Agent, Article, Macro, Named, Priority, Status, Ticket } from "@/api/types";
import type { Pick } from "@/commands/ui";
import { applyMacro, insertText } from "@/composer/insert";
import { VARIABLES } from "@/composer/variables";
import { assign, STATUS_NAMES, setPriority, setStatus, setTag, setTeam, snooze } from "@/ticket/actions";
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
  macros: Macro[];
  articles: Article[];
}

const SETTABLE: Status[] = ["open", "replied", "on_hold", "resolved", "closed"];

const every = (tickets: Ticket[], test: (ticket: Ticket) => boolean): boolean => tickets.every(test);

function statuses(tickets: Ticket[]): Choice[] {
  return SETTABLE.map((status) => ({
    key: status,
    name: STATUS_NAMES[status],
    icon: <StatusMark status={status} />,
    current: every(tickets, (ticket) => ticket.status === status),
    choose: () => setStatus(tickets, status),
  }));
}

const mayOwn = (agent: Agent, ticket: Ticket): boolean => ticket.team === null || agent.teams.some((team) => team.id === ticket.team?.id);

/** Oneself first, then the ticket's team; the others are shown with the reason why not. */
function assignees(tickets: Ticket[], { me, agents }: Desk): Choice[] {
  const barring = (agent: Agent) => tickets.find((ticket) => !mayOwn(agent, ticket))?.team ?? undefined;
  const rank = (agent: Agent): number => (barring(agent) ? 2 : agent.id === me?.id ? 0 : 1);
  const people = [...agents].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const nobody: Choice = {
    key: "nobody",
    name: "Nobody",
    icon: <span className="nobody" />,
    current: every(tickets, (ticket) => ticket.assignee === null),
    choose: () => assign(tickets, null),
  };
  return [
    ...people.map((agent) => ({
      key: agent.id,
      name: agent.id === me?.id ? `${agent.name} (me)` : agent.name,
      icon: <Avatar name={agent.name} px={18} />,
      current: every(tickets, (ticket) => ticket.assignee?.id === agent.id),
      not: barring(agent) && `not in ${barring(agent)?.name}`,
      choose: () => assign(tickets, agent),
    })),
    nobody,
  ];
}

function priorities(tickets: Ticket[], desk: Desk): Choice[] {
  return desk.priorities.map((priority) => ({
    key: priority.key,
    name: priority.name,
    icon: <PriorityBars priority={priority.key} />,
    current: every(tickets, (ticket) => ticket.priority === priority.key),
    choose: () => setPriority(tickets, priority.key, priority.name),
  }));
}

function teams(tickets: Ticket[], desk: Desk): Choice[] {
  return desk.teams.map((team) => ({
    key: team.id,
    name: team.name,
    icon: <Users size={14} strokeWidth={1.75} />,
    current: every(tickets, (ticket) => ticket.team?.id === team.id),
    choose: () => setTeam(tickets, team),
  }));
}

function tags(tickets: Ticket[], desk: Desk): Choice[] {
  return [...new Set([...tickets.flatMap((ticket) => ticket.tags), ...desk.tags])].map((tag) => {
    const current = every(tickets, (ticket) => ticket.tags.includes(tag));
    return { key: tag, name: tag, icon: <Tag name="" />, current, choose: () => setTag(tickets, tag, !current) };
  });
}

/** What can stand in an answer: a saved reply with its actions, an article's words, a name. */
function insertions([ticket]: Ticket[], { me, macros, articles }: Desk): Choice[] {
  if (!ticket) return [];
  const choice = (key: string, name: string, Icon: typeof Users, choose: () => void): Choice => ({
    key,
    name,
    icon: <Icon size={14} strokeWidth={1.75} />,
    current: false,
    choose,
  });
  return [
    ...macros.map((macro) => choice(macro.id, macro.name, MessageSquareText, () => applyMacro(ticket, macro, me))),
    ...VARIABLES.map(({ key, name, value }) =>
      choice(key, `${name}: ${value(ticket, me)}`, Braces, () => insertText(ticket.id, value(ticket, me))),
    ),
    ...articles.map((article) => choice(article.id, article.title, BookOpen, () => insertText(ticket.id, article.body))),
  ];
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

function snoozes(tickets: Ticket[]): Choice[] {
  return snoozeTimes(new Date()).map(([words, until]) => ({
    key: words,
    name: words.replace(/^./, (letter) => letter.toUpperCase()),
    icon: <AlarmClock size={14} strokeWidth={1.75} />,
    current: false,
    choose: () => void snooze(tickets, until, words),
  }));
}

export function choicesFor(what: Pick, tickets: Ticket[], desk: Desk): Choice[] {
  switch (what) {
    case "status":
      return statuses(tickets);
    case "assign":
      return assignees(tickets, desk);
    case "priority":
      return priorities(tickets, desk);
    case "team":
      return teams(tickets, desk);
    case "tags":
      return tags(tickets, desk);
    case "insert":
      return insertions(tickets, desk);
    case "snooze":
      return snoozes(tickets);
  }
}
