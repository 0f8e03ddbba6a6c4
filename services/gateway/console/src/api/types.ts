/** The shapes of `/api/v1`, as the outside contract fixes them. */

export type Status = "open" | "replied" | "on_hold" | "resolved" | "closed";
export type DeliveryState =
  | "none"
  | "undo"
  | "scheduled"
  | "held"
  | "queued"
  | "sending"
  | "sent"
  | "delayed"
  | "failed"
  | "bounced"
  | "unknown";

export interface Named {
  id: string;
  name: string;
}

export interface Person extends Named {
  email: string | null;
}

export interface Agent extends Person {
  role: string;
  teams: Named[];
}

export interface Sla {
  policy: string | null;
  state: "first_response_due" | "resolution_due" | "paused" | "fulfilled" | "failed";
  first_response_due: string | null;
  resolution_due: string | null;
  paused: boolean;
  next: { what: string; at: string } | null;
}

export interface Correlation {
  reason: string;
  score: number;
}

export interface Ticket {
  id: string;
  number: string;
  version: number;
  subject: string;
  status: Status;
  priority: string;
  channel: string;
  team: Named | null;
  assignee: Named | null;
  requester: Person;
  tags: string[];
  created_at: string;
  updated_at: string;
  snippet: string | null;
  unread: boolean;
  first_response_at?: string | null;
  resolved_at?: string | null;
  resolved_by_ai?: boolean;
  escalation_count?: number;
  original_team?: Named | null;
  snoozed_until?: string | null;
  hold_reason?: string | null;
  message_count?: number;
  linked_to?: string | null;
  merged_into?: string | null;
  sla: Sla | null;
  correlation?: Correlation | null;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
}

export type Address = { name?: string | null; address?: string; email?: string } | string;

export interface Message {
  id: string;
  ticket_id: string;
  kind: "customer" | "agent" | "note" | "third_party" | "system";
  author: (Partial<Person> & { name?: string | null }) | string | null;
  from: Address | null;
  to: Address[] | null;
  cc: Address[] | null;
  subject: string | null;
  body_text: string | null;
  body_html: string | null;
  quoted_html: string | null;
  attachments: Attachment[];
  created_at: string;
  delivery: { state: DeliveryState; reason?: string | null; undo_until?: string | null };
  message_id?: string | null;
  correlation?: Correlation | null;
  truncated?: boolean;
  taken_back?: boolean;
}

export interface HistoryEvent {
  id: string;
  type: string;
  time: string;
  actor: unknown;
  data: Record<string, unknown> | null;
}

export interface Citation {
  article_id: string;
  article_version?: number;
  title: string;
  quote?: string;
  score?: number;
}

export interface Suggestion {
  id: string;
  engine: string;
  model: string | null;
  team: Named | null;
  priority: string | null;
  confidence: number;
  summary: string | null;
  draft: string | null;
  citations: Citation[];
  /** The best articles, whether or not a draft came of them. */
  articles?: Citation[];
  teams?: { id: string; name: string; confidence: number }[];
  stages?: { stage: string; ms: number }[];
  reasons: string[];
  decision: string | null;
  cost: unknown;
  created_at: string;
}

export interface Priority {
  key: string;
  name: string;
  colour: string;
  order: number;
}

export interface Article {
  id: string;
  title: string;
  body?: string | null;
  body_html?: string | null;
  body_text?: string | null;
  category?: string | null;
  tags?: string[];
  updated_at?: string;
  version?: number;
}

export interface Customer extends Person {
  number?: string | null;
  phone?: string | null;
  organisation?: Named | string | null;
  created_at?: string | null;
  ticket_count?: number | null;
  [extra: string]: unknown;
}

export interface Mailbox {
  id: string;
  name?: string;
  address?: string;
  state?: string;
  error?: string | null;
  [extra: string]: unknown;
}

export interface Page<T> {
  data: T[];
  next: string | null;
}

export interface TicketPatch {
  status?: Status;
  hold_reason?: string;
  priority?: string;
  team_id?: string | null;
  assignee_id?: string | null;
  tags?: string[];
  subject?: string;
}

export interface ReplyInput {
  body_text?: string;
  body_html?: string;
  to?: string[];
  cc?: string[];
  attachments?: string[];
  status_after?: Status;
  undo_seconds?: number;
}

export interface SearchResult {
  tickets: Ticket[];
  customers: Customer[];
  articles: Article[];
}
