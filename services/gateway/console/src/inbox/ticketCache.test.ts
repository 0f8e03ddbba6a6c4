import { beforeEach, describe, expect, it } from "vitest";
import { cache, keys } from "@/api/cache";
import type { Agent, Ticket } from "@/api/types";
import { completeList, forgetTicket, freshest, overlay, receiveTicket, showPending, type TicketList } from "@/inbox/ticketCache";

let count = 0;

function ticket(change: Partial<Ticket> = {}): Ticket {
  const id = change.id ?? `t${count++}`;
  return {
    id,
    number: `TIK-${id}`,
    version: 1,
    subject: "Printer",
    status: "open",
    priority: "medium",
    channel: "email",
    team: null,
    assignee: null,
    requester: { id: "c1", name: "Mia", email: "mia@example.org" },
    tags: [],
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    snippet: "",
    unread: false,
    sla: { policy: null, state: "fulfilled", first_response_due: null, resolution_due: null, paused: false, next: null },
    hold_reason: null,
    message_count: 1,
    first_response_at: null,
    resolved_at: null,
    resolved_by: null,
    resolved_by_ai: false,
    rating: null,
    rated_at: null,
    created_by: null,
    escalation_count: 0,
    reopen_count: 0,
    original_team: null,
    merged_into: null,
    linked_to: null,
    parent_id: null,
    children: [],
    incident_of: null,
    mailbox: null,
    snoozed_until: null,
    flags: [],
    ai_waiting: false,
    correlation: null,
    ...change,
  };
}

const list = (view = "inbox"): TicketList => cache.getQueryData<TicketList>(keys.list(view)) as TicketList;
const fill = (rows: Ticket[], view = "inbox"): void => {
  cache.setQueryData<TicketList>(keys.list(view), { rows, pending: [], next: null });
};

describe("what the socket does to the lists", () => {
  beforeEach(() => {
    cache.clear();
    cache.setQueryData<Agent>(keys.me, { id: "me", name: "Noor", email: "n@example.org", role: "agent", signature: "", teams: [] });
  });

  it("lets a new ticket wait until it is asked for", () => {
    const old = ticket();
    fill([old]);
    const fresh = ticket();
    receiveTicket(fresh);
    expect(list().rows).toEqual([old]);
    expect(list().pending.map((row) => row.id)).toEqual([fresh.id]);
    showPending("inbox");
    expect(list().rows.map((row) => row.id)).toEqual([fresh.id, old.id]);
  });

  it("keeps every row in its place when it changes", () => {
    const [a, b] = [ticket(), ticket()];
    fill([a, b]);
    receiveTicket({ ...b, version: 2, subject: "Changed" });
    expect(list().rows.map((row) => row.subject)).toEqual(["Printer", "Changed"]);
  });

  it("takes a resolved ticket out of the inbox and ignores older versions that come late", () => {
    const a = ticket();
    fill([a]);
    receiveTicket({ ...a, version: 3, status: "resolved" });
    receiveTicket({ ...a, version: 2 });
    expect(list()).toMatchObject({ rows: [], pending: [] });
  });

  it("shows a change before the server knows it, and does not lose it to an unrelated event", () => {
    const a = ticket();
    fill([a]);
    const settle = overlay(a, { priority: "high" }, "one");
    receiveTicket({ ...a, version: 2, subject: "Changed elsewhere" });
    expect(list().rows[0]).toMatchObject({ priority: "high", subject: "Changed elsewhere" });
    settle();
    receiveTicket({ ...a, version: 3, priority: "low" });
    expect(list().rows[0]).toMatchObject({ priority: "low" });
  });

  it("moves the counts once for each change, also when an undo starts from an old copy", () => {
    const a = ticket();
    fill([a]);
    cache.setQueryData(keys.counts, { unassigned: 5 });
    const noor = { id: "me", name: "Noor" };
    overlay(a, { assignee: noor }, "do")();
    receiveTicket({ ...a, version: 2, assignee: noor });
    expect(cache.getQueryData(keys.counts)).toEqual({ unassigned: 4 });
    overlay({ ...a, assignee: noor }, { assignee: null }, "undo")();
    receiveTicket({ ...a, version: 3 });
    expect(cache.getQueryData(keys.counts)).toEqual({ unassigned: 5 });
  });

  it("prefers what it heard over an older answer, and adds what the answer missed", () => {
    const a = ticket();
    receiveTicket({ ...a, version: 5, subject: "Newer" });
    expect(freshest({ ...a, version: 4 }).subject).toBe("Newer");
    const missed = ticket({ updated_at: "2026-02-01T00:00:00Z" });
    receiveTicket(missed);
    expect(completeList("inbox", [], null).rows.map((row) => row.id)).toContain(missed.id);
  });

  it("forgets what may no longer be seen, even if a late page still holds it", () => {
    const a = ticket();
    fill([a]);
    forgetTicket(a.id);
    expect(list().rows).toEqual([]);
    expect(completeList("inbox", [a], null).rows.map((row) => row.id)).not.toContain(a.id);
  });
});
