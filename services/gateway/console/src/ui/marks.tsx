import type { CSSProperties } from "react";
import type { Sla, Status } from "@/api/types";
import { span } from "@/ui/time";

/** Shape and colour both say the status, so that it reads without colour too. */
export function StatusMark({ status, className }: { status: Status; className?: string }) {
  const ring = (stroke: string) => <circle cx="7" cy="7" r="5.25" fill="none" stroke={stroke} strokeWidth="1.75" />;
  return (
    <svg className={className ?? "mark"} width="14" height="14" viewBox="0 0 14 14" role="img" aria-label={status.replace("_", " ")}>
      {status === "open" && ring("var(--accent)")}
      {status === "replied" && (
        <>
          {ring("var(--text-3)")}
          <path d="M7 3.5a3.5 3.5 0 0 1 0 7z" fill="var(--text-3)" />
        </>
      )}
      {status === "on_hold" && (
        <>
          {ring("var(--warn)")}
          <path d="M5.6 5v4M8.4 5v4" stroke="var(--warn)" strokeWidth="1.5" strokeLinecap="round" />
        </>
      )}
      {status === "resolved" && (
        <>
          <circle cx="7" cy="7" r="6" fill="var(--good)" />
          <path
            d="m4.4 7.2 1.8 1.8 3.4-3.8"
            fill="none"
            stroke="var(--panel)"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </>
      )}
      {status === "closed" && (
        <>
          <circle cx="7" cy="7" r="6" fill="var(--text-3)" />
          <path d="m5 5 4 4m0-4L5 9" stroke="var(--panel)" strokeWidth="1.5" strokeLinecap="round" />
        </>
      )}
    </svg>
  );
}

const LEVELS: Record<string, number> = { critical: 4, urgent: 4, high: 3, medium: 2, normal: 2, low: 1 };

export function PriorityBars({ priority }: { priority: string }) {
  const level = LEVELS[priority] ?? 2;
  const lit = level === 4 ? "var(--bad)" : "var(--text-2)";
  const fill = (bar: number) => (level > bar ? lit : "var(--line-strong)");
  return (
    <svg className="mark" width="14" height="14" viewBox="0 0 14 14" role="img" aria-label={`priority ${priority}`}>
      <rect x="1" y="9" width="2.6" height="3" rx="1" fill={fill(0)} />
      <rect x="5" y="6" width="2.6" height="6" rx="1" fill={fill(1)} />
      <rect x="9" y="3" width="2.6" height="9" rx="1" fill={fill(2)} />
    </svg>
  );
}

export interface Due {
  text: string;
  tone: "ok" | "warn" | "bad";
  part: number;
  at: string;
  what: "Reply" | "Resolution";
}

/** The deadline that matters now, or null when none is running. */
export function dueOf(sla: Sla | null, created: string, now: number): Due | null {
  if (!sla || sla.paused || sla.state === "fulfilled" || sla.state === "paused") return null;
  const at = sla.state === "first_response_due" ? sla.first_response_due : (sla.resolution_due ?? sla.first_response_due);
  if (!at) return null;
  const left = Date.parse(at) - now;
  const whole = Math.max(1, Date.parse(at) - Date.parse(created));
  const part = Math.min(1, Math.max(0.04, 1 - left / whole));
  const tone = left < 0 || part > 0.92 ? "bad" : part > 0.75 ? "warn" : "ok";
  const what = sla.state === "first_response_due" ? "Reply" : "Resolution";
  return { text: left < 0 ? `${span(left)} over` : span(left), tone, part, at, what };
}

const AROUND = 31.4;

export function SlaRing({ due }: { due: Due }) {
  const colour = due.tone === "ok" ? "var(--text-3)" : due.tone === "warn" ? "var(--warn)" : "var(--bad)";
  return (
    <svg className="mark" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <circle cx="7" cy="7" r="5" fill="none" stroke="var(--line-strong)" strokeWidth="1.5" />
      <circle
        cx="7"
        cy="7"
        r="5"
        fill="none"
        stroke={colour}
        strokeWidth="1.75"
        strokeDasharray={`${(due.part * AROUND).toFixed(1)} ${AROUND}`}
        transform="rotate(-90 7 7)"
        strokeLinecap="round"
      />
    </svg>
  );
}

export function hueOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  // Neighbouring sums must not give neighbouring hues: steps of the golden angle spread them.
  return Math.round((hash * 137.508) % 360);
}

export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s@._-]+/)
    .filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")).toUpperCase();
}

export function Avatar({ name, px = 28 }: { name: string; px?: number }) {
  const style = {
    "--h": hueOf(name),
    width: px,
    height: px,
    fontSize: px <= 18 ? 9 : px <= 24 ? 9.5 : px > 32 ? 15 : 10.5,
  } as CSSProperties;
  return (
    <span className="av" style={style} title={name} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

export function Tag({ name }: { name: string }) {
  return (
    <span className="tag">
      <i style={{ "--h": hueOf(name) } as CSSProperties} />
      <span className="cut">{name}</span>
    </span>
  );
}
