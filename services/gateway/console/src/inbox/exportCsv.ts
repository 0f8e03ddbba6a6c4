import { toast } from "sonner";
import { cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Named, Ticket } from "@/api/types";
import { viewOf } from "@/inbox/views";

const COLUMNS: readonly [string, (ticket: Ticket) => string | null | undefined][] = [
  ["number", (t) => t.number],
  ["subject", (t) => t.subject],
  ["status", (t) => t.status],
  ["priority", (t) => t.priority],
  ["team", (t) => t.team?.name],
  ["assignee", (t) => t.assignee?.name],
  ["customer", (t) => t.requester.name],
  ["address", (t) => t.requester.email],
  ["tags", (t) => t.tags.join(" ")],
  ["created_at", (t) => t.created_at],
  ["updated_at", (t) => t.updated_at],
  ["first_response_at", (t) => t.first_response_at],
  ["resolved_at", (t) => t.resolved_at],
];

/** RFC 4180. A cell that a spreadsheet would run as a formula is kept from it: subjects are written by strangers. */
function cell(value: string | null | undefined): string {
  const safe = /^[=+\-@\t\r]/.test(value ?? "") ? `'${value}` : (value ?? "");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = (tickets: Ticket[]): string =>
  [COLUMNS.map(([name]) => name), ...tickets.map((ticket) => COLUMNS.map(([, read]) => cell(read(ticket))))]
    .map((row) => `${row.join(",")}\r\n`)
    .join("");

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Every ticket of a view, not only those on screen, page after page. */
export async function exportView(key: string): Promise<void> {
  const view = viewOf(key, cache.getQueryData<Named[]>(keys.teams) ?? []);
  const note = toast(`Exporting ${view.name}…`, { duration: Number.POSITIVE_INFINITY });
  try {
    const tickets: Ticket[] = [];
    let after: string | null = null;
    do {
      const { data }: { data: api.TicketPage } = await api.listTickets(view.filter, after, 100);
      tickets.push(...data.data);
      after = data.next;
      toast(`Exporting ${view.name}: ${tickets.length} tickets`, { id: note, duration: Number.POSITIVE_INFINITY });
    } while (after);
    download(`${view.key}-${new Date().toISOString().slice(0, 10)}.csv`, csvOf(tickets));
    toast(`${tickets.length} tickets exported`, { id: note, duration: 4000 });
  } catch (error) {
    toast.error("Not exported", { id: note, description: reasonOf(error), duration: 8000 });
  }
}
