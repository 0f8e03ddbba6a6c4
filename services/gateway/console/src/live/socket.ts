import { backoff, type ChannelEvent, type PresenceFrame, type ServerFrame, SUBPROTOCOL } from "@/live/protocol";

export type Connection = "connecting" | "live" | "lost" | "refused";

export interface Listener {
  onEvent: (event: ChannelEvent) => void;
  onPresence: (frame: PresenceFrame) => void;
  /** The gap is older than the server's ring: these channels must be read again. */
  onGap: (channels: string[]) => void;
  onState: (state: Connection) => void;
}

/** The server speaks every 25 s; a line silent for longer than this is dead even if TCP has not noticed. */
const SILENCE_MS = 45_000;

/**
 * One socket for the whole console. It keeps the newest cursor and names it when it comes back, so that a drop loses nothing;
 * events may come twice after a resume, receivers compare versions and ids.
 */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private readonly channels = new Map<string, string | null>();
  private readonly asked = new Map<number, string[]>();
  private cursor: string | null = null;
  private attempt = 0;
  private nextId = 1;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private stopped = true;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.socket?.close(1000);
    this.socket = null;
    this.channels.clear();
    this.cursor = null;
  }

  /** `since` is the Stream-Position of the read that filled the cache, so that snapshot and stream meet without a gap. */
  subscribe(channel: string, since: string | null): void {
    if (this.channels.has(channel)) return;
    this.channels.set(channel, since);
    if (this.isOpen()) this.ask([channel], since);
  }

  unsubscribe(channel: string): void {
    if (this.channels.delete(channel) && this.isOpen()) this.send({ t: "unsub", id: this.nextId++, channels: [channel] });
  }

  send(frame: object): void {
    if (this.isOpen()) this.socket?.send(JSON.stringify(frame));
  }

  /** Called when the browser says that the network is back: waiting out the back-off would waste the agent's time. */
  hurry(): void {
    if (this.stopped || this.isOpen()) return;
    clearTimeout(this.retry);
    this.attempt = 0;
    this.connect();
  }

  private isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  private connect(): void {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    this.listener.onState("connecting");
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    this.socket = socket;
    this.heard();
    socket.onmessage = (message) => {
      this.heard();
      this.receive(JSON.parse(String(message.data)) as ServerFrame);
    };
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    if (this.stopped) return;
    if (code === 4401 || code === 4403) {
      this.listener.onState("refused");
      return;
    }
    this.listener.onState("lost");
    this.retry = setTimeout(() => this.connect(), backoff(this.attempt++));
  }

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const dead = this.socket;
      dead?.close();
      if (dead) this.closed(dead, 1006);
    }, SILENCE_MS);
  }

  private receive(frame: ServerFrame): void {
    switch (frame.t) {
      case "hello":
        this.attempt = 0;
        this.resume();
        return;
      case "ok":
        this.confirmed(frame.id, frame.recovered, frame.cursor);
        return;
      case "ev":
        this.deliver(frame);
        return;
      case "batch":
        for (const event of frame.events) this.deliver(event);
        return;
      case "ping":
        this.send({ t: "pong" });
        return;
      case "presence":
        this.listener.onPresence(frame);
        return;
      case "bye":
        this.leave(frame.reconnect_ms);
        return;
      case "error":
        // One channel that is not ours to hear (any more) says nothing about the others.
        if (frame.ch) this.channels.delete(frame.ch);
    }
  }

  private deliver(event: ChannelEvent): void {
    this.cursor = event.cursor ?? this.cursor;
    this.listener.onEvent(event);
  }

  private resume(): void {
    this.listener.onState("live");
    const groups = new Map<string | null, string[]>();
    for (const [channel, since] of this.channels) {
      const from = this.cursor ?? since;
      groups.set(from, [...(groups.get(from) ?? []), channel]);
    }
    for (const [since, channels] of groups) this.ask(channels, since);
  }

  private ask(channels: string[], since: string | null): void {
    const id = this.nextId++;
    this.asked.set(id, channels);
    this.send({ t: "sub", id, channels, since });
  }

  private confirmed(id: number, recovered: boolean, cursor: string): void {
    const channels = this.asked.get(id) ?? [];
    this.asked.delete(id);
    this.cursor ??= cursor;
    if (!recovered) {
      this.cursor = cursor;
      this.listener.onGap(channels);
    }
  }

  private leave(reconnectMs: number): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
    clearTimeout(this.silence);
    this.listener.onState("connecting");
    this.retry = setTimeout(() => this.connect(), reconnectMs);
  }
}
