import { approve, decide, openSuggestion } from "@/ai/decide";
import { giveReason, REASONS, useRefused } from "@/ai/reasons";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import type { Suggestion, Ticket } from "@/api/types";
import { type Context, go, move, neighbour } from "@/commands/context";
import { openPick, useUi } from "@/commands/ui";
import { undoLast } from "@/commands/undo";
import { focusComposer, useDrafts } from "@/composer/drafts";
import { send } from "@/composer/send";
import { exportView } from "@/inbox/exportCsv";
import { clearSelection, selectAll, selectedIn, toggleSelected } from "@/inbox/selection";
import { showPending } from "@/inbox/ticketCache";
import { toggleTheme, usePreferences } from "@/theme/preferences";
import { assign, change, escalate, setStatus } from "@/ticket/actions";

export interface Command {
  id: string;
  title: string;
  section: "Ticket" | "Move" | "Go to" | "Desk";
  keys?: string;
  /** Also while somebody types in a field. */
  global?: boolean;
  when?: (context: Context) => boolean;
  run: (context: Context) => void;
}

const hasTicket = (context: Context): boolean => context.ticket !== null;
const hasAny = (context: Context): boolean => context.tickets.length > 0;
const mayMerge = (context: Context): boolean => context.ticket !== null && !context.ticket.merged_into;
const isOpen = (context: Context): boolean => context.opened !== null && context.ticket !== null;
const onTicket =
  (act: (ticket: Ticket, context: Context) => void) =>
  (context: Context): void => {
    if (context.ticket) act(context.ticket, context);
  };

/** Resolved and gone: the next one is on screen before the server has answered. */
function resolveAndNext(context: Context): void {
  const done = new Set(context.tickets.map((each) => each.id));
  const next = neighbour(context, 1, done) ?? neighbour(context, -1, done);
  setStatus(context.tickets, "resolved");
  clearSelection();
  if (!context.inList || !context.ticket || !done.has(context.ticket.id)) return;
  useUi.getState().set({ cursor: next?.id ?? null });
  if (context.opened) go(context, context.view, next?.number, true);
}

function back(context: Context): void {
  const field = document.activeElement;
  if (field instanceof HTMLElement && field.matches("textarea, input, [contenteditable]")) field.blur();
  else if (context.inList && selectedIn(context.view).length > 0) clearSelection();
  else if (useUi.getState().drawer) useUi.getState().set({ drawer: false });
  else if (context.opened) {
    useUi.getState().set({ cursor: context.ticket?.id ?? null });
    go(context, context.view);
  }
}

function acceptDraft(ticket: Ticket): void {
  const suggestion = openSuggestion(cache.getQueryData<Suggestion[]>(keys.ai(ticket.id)));
  if (suggestion) void decide(ticket, suggestion, "accept");
}

const answerDraft =
  (verb: "edit" | "reject") =>
  (ticket: Ticket): void => {
    const suggestion = openSuggestion(cache.getQueryData<Suggestion[]>(keys.ai(ticket.id)));
    if (suggestion) void decide(ticket, suggestion, verb);
  };

const isRefused = (context: Context): boolean => context.ticket !== null && useRefused.getState().asked?.ticket === context.ticket.id;

function approveDraft(ticket: Ticket): void {
  const suggestion = openSuggestion(cache.getQueryData<Suggestion[]>(keys.ai(ticket.id)));
  if (suggestion?.decision === "waiting_approval") void approve(ticket, suggestion);
}

const ui = useUi.getState().set;

/** Every action once: the palette, the shortcuts, the menus and the help page all read this list. */
export const COMMANDS: readonly Command[] = [
  { id: "reply", title: "Reply", section: "Ticket", keys: "r", when: isOpen, run: onTicket((t) => focusComposer(t.id, "reply")) },
  {
    id: "note",
    title: "Write an internal note",
    section: "Ticket",
    keys: "n",
    when: isOpen,
    run: onTicket((t) => focusComposer(t.id, "note")),
  },
  { id: "send", title: "Send", section: "Ticket", keys: "mod+enter", global: true, when: isOpen, run: onTicket((t) => void send(t)) },
  {
    id: "send-resolve",
    title: "Send and resolve",
    section: "Ticket",
    keys: "mod+shift+enter",
    global: true,
    when: isOpen,
    run: onTicket((t) => void send(t, "resolved")),
  },
  {
    id: "accept",
    title: "Use the assistant's draft",
    section: "Ticket",
    keys: "mod+j",
    global: true,
    when: isOpen,
    run: onTicket(acceptDraft),
  },
  {
    id: "approve",
    title: "Approve and send the assistant's draft",
    section: "Ticket",
    keys: "y",
    when: isOpen,
    run: onTicket(approveDraft),
  },
  { id: "edit-draft", title: "Edit the assistant's draft", section: "Ticket", keys: "v", when: isOpen, run: onTicket(answerDraft("edit")) },
  { id: "reject", title: "Refuse the assistant's draft", section: "Ticket", keys: "d", when: isOpen, run: onTicket(answerDraft("reject")) },
  ...REASONS.map(
    ([code, name], at): Command => ({
      id: `why-${code}`,
      title: `Refused because: ${name.toLowerCase()}`,
      section: "Ticket",
      keys: String(at + 1),
      when: isRefused,
      run: () => giveReason(code),
    }),
  ),
  {
    id: "insert",
    title: "Insert a saved reply, an article or a name…",
    section: "Ticket",
    keys: "u",
    when: isOpen,
    run: onTicket((t) => {
      focusComposer(t.id, useDrafts.getState().drafts[t.id]?.mode ?? "reply");
      openPick("insert");
    }),
  },
  { id: "assign", title: "Assign to…", section: "Ticket", keys: "a", when: hasAny, run: () => openPick("assign") },
  { id: "take", title: "Assign to me", section: "Ticket", keys: "i", when: hasAny, run: (c) => assign(c.tickets, c.me) },
  { id: "status", title: "Change status…", section: "Ticket", keys: "s", when: hasAny, run: () => openPick("status") },
  { id: "priority", title: "Change priority…", section: "Ticket", keys: "p", when: hasAny, run: () => openPick("priority") },
  { id: "team", title: "Move to team…", section: "Ticket", keys: "t", when: hasAny, run: () => openPick("team") },
  { id: "tags", title: "Edit tags…", section: "Ticket", keys: "l", when: hasAny, run: () => openPick("tags") },
  { id: "snooze", title: "Snooze…", section: "Ticket", keys: "h", when: hasAny, run: () => openPick("snooze") },
  { id: "resolve", title: "Resolve and open next", section: "Ticket", keys: "e", when: hasAny, run: resolveAndNext },
  {
    id: "reopen",
    title: "Reopen",
    section: "Ticket",
    when: (c) => c.ticket?.status === "resolved",
    run: onTicket((t) => change(t, { status: "open" }, `${t.number} is open again`)),
  },
  {
    id: "merge",
    title: "Merge into another ticket…",
    section: "Ticket",
    keys: "m",
    when: mayMerge,
    run: onTicket((t) => ui({ merge: t })),
  },
  { id: "escalate", title: "Escalate", section: "Ticket", when: hasTicket, run: onTicket((t) => void escalate(t)) },
  { id: "ai-run", title: "Ask the assistant again", section: "Ticket", when: isOpen, run: onTicket((t) => void api.runAssistant(t.id)) },
  {
    id: "copy",
    title: "Copy link to ticket",
    section: "Ticket",
    when: hasTicket,
    run: onTicket((t) => void navigator.clipboard?.writeText(`${location.origin}/tickets/${t.number}`)),
  },
  {
    id: "select",
    title: "Select or deselect",
    section: "Ticket",
    keys: "x",
    when: (c) => c.inList && hasTicket(c),
    run: onTicket((t, c) => toggleSelected(c.view, t.id)),
  },
  {
    id: "select-all",
    title: "Select everything shown",
    section: "Ticket",
    keys: "mod+a",
    when: (c) => c.inList,
    run: (c) => selectAll(c.view),
  },
  { id: "down", title: "Next in list", section: "Move", keys: "j", when: (c) => c.inList, run: (c) => move(c, 1) },
  { id: "up", title: "Previous in list", section: "Move", keys: "k", when: (c) => c.inList, run: (c) => move(c, -1) },
  { id: "next", title: "Next ticket", section: "Move", keys: "]", when: (c) => c.inList, run: (c) => move(c, 1) },
  { id: "previous", title: "Previous ticket", section: "Move", keys: "[", when: (c) => c.inList, run: (c) => move(c, -1) },
  {
    id: "open",
    title: "Open ticket",
    section: "Move",
    keys: "enter",
    when: (c) => c.inList && !c.opened && hasTicket(c),
    run: onTicket((t, c) => go(c, c.view, t.number)),
  },
  { id: "back", title: "Back", section: "Move", keys: "escape", global: true, run: back },
  { id: "fresh", title: "Show new tickets", section: "Move", keys: ".", when: (c) => c.inList, run: (c) => showPending(c.view) },
  { id: "undo", title: "Undo", section: "Desk", keys: "z", run: () => void undoLast() },
  { id: "palette", title: "Search or run a command", section: "Desk", keys: "mod+k", global: true, run: () => ui({ palette: true }) },
  { id: "search", title: "Search", section: "Go to", keys: "/", run: (c) => void c.router.navigate({ to: "/search" }) },
  { id: "go-inbox", title: "Inbox", section: "Go to", keys: "g i", run: (c) => go(c, "inbox") },
  { id: "go-mine", title: "Mine", section: "Go to", keys: "g m", run: (c) => go(c, "mine") },
  { id: "go-unassigned", title: "Unassigned", section: "Go to", keys: "g u", run: (c) => go(c, "unassigned") },
  { id: "go-review", title: "AI review", section: "Go to", keys: "g r", run: (c) => go(c, "review") },
  {
    id: "go-knowledge",
    title: "Knowledge",
    section: "Go to",
    keys: "g k",
    run: (c) => void c.router.navigate({ to: "/knowledge/{-$article}", params: { article: undefined } }),
  },
  {
    id: "go-customers",
    title: "Customers",
    section: "Go to",
    keys: "g c",
    run: (c) => void c.router.navigate({ to: "/customers/{-$customer}", params: { customer: undefined } }),
  },
  { id: "export", title: "Export this list as CSV", section: "Desk", when: (c) => c.inList, run: (c) => void exportView(c.view) },
  { id: "go-incidents", title: "Incidents", section: "Go to", run: (c) => void c.router.navigate({ to: "/incidents" }) },
  { id: "go-gaps", title: "Questions without an article", section: "Go to", run: (c) => void c.router.navigate({ to: "/knowledge/gaps" }) },
  { id: "go-runs", title: "Assistant's runs", section: "Go to", run: (c) => void c.router.navigate({ to: "/ai/runs", search: {} }) },
  {
    id: "go-mail",
    title: "Parked mail",
    section: "Go to",
    keys: "g p",
    run: (c) => void c.router.navigate({ to: "/mail/{-$tab}", params: { tab: undefined } }),
  },
  { id: "go-settings", title: "Settings", section: "Go to", keys: "g s", run: (c) => void c.router.navigate({ to: "/settings" }) },
  { id: "go-profile", title: "Profile and preferences", section: "Go to", run: (c) => void c.router.navigate({ to: "/profile" }) },
  { id: "new", title: "New ticket", section: "Desk", keys: "c", run: () => ui({ newTicket: true }) },
  { id: "new-view", title: "New view…", section: "Desk", keys: "w", run: () => ui({ viewForm: { view: null } }) },
  { id: "theme", title: "Switch light and dark", section: "Desk", run: toggleTheme },
  {
    id: "density",
    title: "Switch density",
    section: "Desk",
    run: () => {
      const { density, setDensity } = usePreferences.getState();
      setDensity(density === "compact" ? "comfortable" : "compact");
    },
  },
  { id: "context", title: "Show or hide details", section: "Desk", keys: "mod+.", global: true, run: toggleContext },
  { id: "help", title: "Keyboard shortcuts", section: "Desk", keys: "?", run: () => ui({ help: true }) },
];

/** A column on a wide screen, a drawer on a narrow one. */
export function toggleContext(): void {
  if (innerWidth < 1280) ui({ drawer: !useUi.getState().drawer });
  else usePreferences.getState().setContext(!usePreferences.getState().context);
}

export const commandOf = (id: string): Command => COMMANDS.find((command) => command.id === id) as Command;
export const keysOf = (id: string): string | undefined => commandOf(id)?.keys;
