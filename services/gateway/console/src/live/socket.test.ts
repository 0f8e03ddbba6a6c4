import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoff } from "@/live/protocol";
import { type Listener, LiveSocket } from "@/live/socket";

class FakeLine {
  static lines: FakeLine[] = [];
  static readonly OPEN = 1;
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    FakeLine.lines.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const listener = (): Listener => ({ onEvent: vi.fn(), onPresence: vi.fn(), onGap: vi.fn(), onState: vi.fn() });
const event = (cursor: string) => ({
  t: "ev",
  ch: "queue:all",
  cursor,
  event: { id: cursor, type: "ticket.state", time: "", ticket_id: "t", data: null },
});
const line = (): FakeLine => FakeLine.lines.at(-1) as FakeLine;
const subs = (): Record<string, unknown>[] => line().sent.filter((frame) => frame.t === "sub");

describe("LiveSocket", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeLine);
    FakeLine.lines = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("subscribes from the position of the read that filled the cache", () => {
    const socket = new LiveSocket("ws://desk", listener());
    socket.start();
    socket.subscribe("queue:all", "p7");
    line().say({ t: "hello", session: "s", heartbeat: 25 });
    expect(subs().at(-1)).toMatchObject({ channels: ["queue:all"], since: "p7" });
  });

  it("comes back with the newest cursor after a drop", () => {
    const socket = new LiveSocket("ws://desk", listener());
    socket.start();
    socket.subscribe("queue:all", "p7");
    line().say({ t: "hello" });
    line().say({ t: "ok", id: 1, recovered: true, cursor: "p7" });
    line().say(event("c9"));
    line().close();
    vi.advanceTimersByTime(20_000);
    line().say({ t: "hello" });
    expect(FakeLine.lines).toHaveLength(2);
    expect(subs().at(-1)).toMatchObject({ channels: ["queue:all"], since: "c9" });
  });

  it("reports a gap only when the server could not recover", () => {
    const heard = listener();
    const socket = new LiveSocket("ws://desk", heard);
    socket.start();
    socket.subscribe("ticket:1", "old");
    line().say({ t: "hello" });
    line().say({ t: "ok", id: Number(subs().at(-1)?.id), recovered: false, cursor: "now" });
    expect(heard.onGap).toHaveBeenCalledWith(["ticket:1"]);
  });

  it("answers a ping and gives up on a silent line", () => {
    const heard = listener();
    const socket = new LiveSocket("ws://desk", heard);
    socket.start();
    line().say({ t: "hello" });
    line().say({ t: "ping" });
    expect(line().sent).toContainEqual({ t: "pong" });
    vi.advanceTimersByTime(46_000);
    expect(heard.onState).toHaveBeenCalledWith("lost");
  });

  it("gives up only the channel that was refused", () => {
    const heard = listener();
    const socket = new LiveSocket("ws://desk", heard);
    socket.start();
    socket.subscribe("queue:all", "p1");
    socket.subscribe("ticket:secret", "p1");
    line().say({ t: "hello" });
    line().say({ t: "error", code: 4403, ch: "ticket:secret" });
    line().close();
    vi.advanceTimersByTime(20_000);
    line().say({ t: "hello" });
    expect(subs().at(-1)?.channels).toEqual(["queue:all"]);
    expect(heard.onState).not.toHaveBeenCalledWith("refused");
  });

  it("does not hammer a server that refused the session", () => {
    const heard = listener();
    const socket = new LiveSocket("ws://desk", heard);
    socket.start();
    line().close(4401);
    vi.advanceTimersByTime(60_000);
    expect(heard.onState).toHaveBeenLastCalledWith("refused");
    expect(FakeLine.lines).toHaveLength(1);
  });
});

describe("backoff", () => {
  it("stays within its cap and uses the whole range", () => {
    expect(backoff(0, () => 1)).toBe(400);
    expect(backoff(20, () => 1)).toBe(15_000);
    expect(backoff(20, () => 0)).toBe(0);
  });
});
