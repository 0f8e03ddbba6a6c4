import { type Answer, call } from "@/api/http";
import type {
  Agent,
  ApiKey,
  Article,
  Attachment,
  Counts,
  Customer,
  DeskSettings,
  HistoryEvent,
  Macro,
  Mailbox,
  Message,
  Page,
  Priority,
  ReplyInput,
  SearchResult,
  SlaTargets,
  Suggestion,
  Team,
  Ticket,
  TicketPatch,
} from "@/api/types";

export type TicketPage = Page<Ticket>;

export interface TicketFilter {
  status?: string;
  team?: string;
  assignee?: string;
  priority?: string;
  tag?: string;
  unread?: boolean;
  requester?: string;
  q?: string;
  sort?: string;
  snoozed?: boolean;
  ai_waiting?: boolean;
}

const match = (version?: number): Record<string, string> => (version === undefined ? {} : { "If-Match": String(version) });
const rows = <T>(answer: Answer<Page<T> | T[]>): T[] => (Array.isArray(answer.data) ? answer.data : answer.data.data);

export const signIn = (email: string, password: string) => call<Agent>("POST", "/session", { body: { email, password } });
export const signOut = () => call<void>("DELETE", "/session");
export const getMe = async (): Promise<Agent> => (await call<Agent>("GET", "/me")).data;
export const patchMe = (input: { signature?: string; notices?: Agent["notices"] }) => call<Agent>("PATCH", "/me", { body: input });
export const getAgents = async (): Promise<Agent[]> => rows(await call<Page<Agent>>("GET", "/agents", { query: { limit: 100 } }));
export const getCounts = async (): Promise<Counts> => (await call<Counts>("GET", "/tickets/counts")).data;
export const getTeams = async (): Promise<Team[]> => rows(await call<Page<Team>>("GET", "/teams", { query: { limit: 100 } }));
export const getSettings = async (): Promise<DeskSettings> => (await call<DeskSettings>("GET", "/settings")).data;
export const getPriorities = async (): Promise<Priority[]> => rows(await call<Page<Priority>>("GET", "/priorities"));
export const getMacros = async (): Promise<Macro[]> => rows(await call<Page<Macro>>("GET", "/macros", { query: { limit: 100 } }));
export const getSlas = async (): Promise<SlaTargets[]> => rows(await call<Page<SlaTargets>>("GET", "/slas"));
export const getApiKeys = async (): Promise<ApiKey[]> => rows(await call<Page<ApiKey>>("GET", "/keys", { query: { all: true } }));
export const listCustomers = (q: string, after?: string | null) =>
  call<Page<Customer>>("GET", "/customers", { query: { q: q || undefined, limit: 50, after } });
export const getMailboxes = async (): Promise<Mailbox[]> => rows(await call<Page<Mailbox>>("GET", "/mailboxes"));
export const getArticles = async (): Promise<Article[]> => rows(await call<Page<Article>>("GET", "/articles", { query: { limit: 100 } }));
export const getArticle = async (id: string): Promise<Article> => (await call<Article>("GET", `/articles/${id}`)).data;
export const getCustomer = async (id: string): Promise<Customer> => (await call<Customer>("GET", `/customers/${id}`)).data;

export const listTickets = (filter: TicketFilter, after?: string | null, limit = 50) =>
  call<Page<Ticket>>("GET", "/tickets", { query: { ...filter, limit, after } });

export const getTicket = (ref: string) => call<Ticket>("GET", `/tickets/${encodeURIComponent(ref)}`);
export const patchTicket = (id: string, patch: TicketPatch) => call<Ticket>("PATCH", `/tickets/${id}`, { body: patch });

/** Oldest first and to its end, because the newest matters most; the position is that of the first page. */
async function readToTheEnd<T>(path: string): Promise<{ data: T[]; position: string | null }> {
  const data: T[] = [];
  let position: string | null = null;
  let after: string | null = null;
  do {
    const page: Answer<Page<T>> = await call<Page<T>>("GET", path, { query: { limit: 100, after } });
    position ??= page.position;
    data.push(...page.data.data);
    after = page.data.next;
  } while (after);
  return { data, position };
}

export const getMessages = (id: string) => readToTheEnd<Message>(`/tickets/${id}/messages`);

export const postReply = (id: string, input: ReplyInput, options: { version?: number; key: string }) =>
  call<Message>("POST", `/tickets/${id}/replies`, { body: input, headers: { ...match(options.version), "Idempotency-Key": options.key } });
export const postNote = (id: string, input: { body_text: string; attachments?: string[] }, options: { key: string }) =>
  call<Message>("POST", `/tickets/${id}/notes`, { body: input, headers: { "Idempotency-Key": options.key } });
export const undoReply = (id: string, message: string) => call<void>("DELETE", `/tickets/${id}/replies/${message}`);

export const settleDelivery = (id: string, message: string, outcome: "sent" | "resend" | "failed") =>
  call<Ticket>("POST", `/tickets/${id}/messages/${message}/settle`, { body: { outcome } });

export const getHistory = async (id: string): Promise<HistoryEvent[]> => (await readToTheEnd<HistoryEvent>(`/tickets/${id}/events`)).data;
export const getSuggestions = async (id: string): Promise<Suggestion[]> => rows(await call<Page<Suggestion>>("GET", `/tickets/${id}/ai`));
export const decideSuggestion = (id: string, suggestion: string, verb: "accept" | "edit" | "reject" | "undo", body: object = {}) =>
  call<unknown>("POST", `/tickets/${id}/ai/${suggestion}/${verb}`, { body });
export const rewriteText = async (id: string, body: { how: string; text: string; language: string | null }): Promise<{ text: string }> =>
  (await call<{ text: string }>("POST", `/tickets/${id}/ai/rewrite`, { body })).data;
export const runAssistant = (id: string) => call<unknown>("POST", `/tickets/${id}/ai/run`, { body: {} });
export const escalateTicket = (id: string) => call<Ticket>("POST", `/tickets/${id}/escalate`, { body: {} });
export const snoozeTicket = (id: string, until: string | null) => call<Ticket>("POST", `/tickets/${id}/snooze`, { body: { until } });
export const readTicket = (id: string) => call<Ticket>("POST", `/tickets/${id}/read`);
export const mergeTicket = (id: string, into: string) => call<Ticket>("POST", `/tickets/${id}/merge`, { body: { into } });
export const createTicket = (input: { subject: string; body: string; requester: string; priority?: string; team_id?: string }) =>
  call<Ticket>("POST", "/tickets", { body: input });

export async function upload(file: File): Promise<Attachment> {
  const form = new FormData();
  form.append("file", file);
  return (await call<Attachment>("POST", "/attachments", { form })).data;
}

/** The contract fixes what search finds, not how it is grouped: both a grouped object and a tagged list are read. */
export async function search(q: string, signal?: AbortSignal): Promise<SearchResult> {
  const { data } = await call<Record<string, unknown>>("GET", "/search", { query: { q }, signal });
  const found = (data.data ?? data) as Partial<SearchResult>;
  return { tickets: found.tickets ?? [], customers: found.customers ?? [], articles: found.articles ?? [] };
}
