/** The shapes of `/api/v1`, from the committed OpenAPI file: `npm run api` makes schema.gen.ts anew. */
import type { components } from "@/api/schema.gen";

type Schemas = components["schemas"];

/** The server always sends every field; only null says that there is nothing. */
export type Whole<T> = T extends (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> }
    : T;

export type Named = Whole<Schemas["Named"]>;
export type Ticket = Whole<Schemas["TicketState"]>;
export type Status = Ticket["status"];
export type Sla = Ticket["sla"];
type StoredMessage = Whole<Schemas["Message"]>;
export type Delivery = Pick<StoredMessage["delivery"], "state" | "reason" | "undo_until">;
export type Message = Pick<
  StoredMessage,
  "id" | "ticket_id" | "version" | "kind" | "author" | "from" | "to" | "cc" | "created_at" | "taken_back" | "flags"
> &
  Pick<StoredMessage, "body_text" | "body_html" | "quoted_html"> & {
    attachments: Attachment[];
    delivery: Delivery;
    bcc?: Address[];
    channel?: string;
    /** The body was above 64 KiB and is only at the REST route. */
    truncated?: boolean;
  };
export type DeliveryState = Delivery["state"];
export type Address = Whole<Schemas["Address"]>;
export type Attachment = Whole<Schemas["Upload"]> & { inline?: boolean; content_id?: string | null };
export type Suggestion = Omit<Whole<Schemas["SuggestionView"]>, "stages" | "record" | "decision" | "similar"> & {
  stages: { stage: string; ms: number }[];
  /** Unknown for a moment when the suggestion came by the socket, before tickets decided about it. */
  decision?: string;
  /** Only from REST, which knows what the reader may see. */
  similar?: Whole<Schemas["SimilarTicket"]>[];
};
export type Citation = Whole<Schemas["Citation"]>;
export type HistoryEvent = Pick<Whole<Schemas["HistoryEvent"]>, "id" | "type" | "time" | "actor" | "data">;
export type Agent = Pick<Whole<Schemas["AgentView"]>, "id" | "name" | "email" | "role" | "teams" | "signature"> & {
  /** Only of oneself. */
  notices?: Schemas["Me"]["notices"];
};
export type Team = Schemas["TeamView"];
export type Priority = Pick<Schemas["PriorityView"], "key" | "name" | "order">;
export type Article = Whole<Schemas["ArticleView"]>;
export type SlaTargets = Schemas["SlaTargets"];
export type ApiKey = Schemas["KeyView"];
export type Macro = Schemas["MacroView"];
export type Customer = Whole<Schemas["CustomerState"]>;
export type Mailbox = Whole<Schemas["MailboxView"]>;
export type Counts = Schemas["Counts"];
export type TicketPatch = Schemas["TicketChange"];
export type ReplyInput = Partial<Schemas["ReplyInput"]>;
export type NoteInput = Partial<Schemas["NoteInput"]>;
export type TicketInput = Schemas["TicketInput"];
export type DeskSettings = Schemas["SettingsView"];
export type SearchResult = Whole<Schemas["Found"]>;
export type CommandView = Schemas["CommandView"];

export interface Page<T> {
  data: T[];
  next: string | null;
}
