/** The mail ledger: what each mailbox gave, what became of it, and each mail raw. */
import { address, call } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { Page, Whole } from "@/api/types";

type Schemas = components["schemas"];

export type LedgerAccount = Whole<Schemas["LedgerAccount"]>;
export type LedgerMail = Whole<Schemas["LedgerMail"]>;
export type Show = "differences" | "waiting" | "parked" | "dead" | "unreadable" | "ticketed" | "erased" | "all";

export const ledgerKeys = {
  accounts: ["mail-ledger"] as const,
  mails: (mailbox: string, show: Show) => ["mail-ledger", mailbox, show] as const,
};

export const getAccounts = async (): Promise<LedgerAccount[]> => (await call<Page<LedgerAccount>>("GET", "/mail/ledger")).data.data;
export const getLedgerMails = async (mailbox: string, show: Show, after: string | null): Promise<Page<LedgerMail>> =>
  (await call<Page<LedgerMail>>("GET", `/mailboxes/${encodeURIComponent(mailbox)}/ledger`, { query: { show, after, limit: 50 } })).data;
export const reprocessMail = (id: string) => call<unknown>("POST", `/mail/${id}/reprocess`);
export const rawMail = (id: string): string => address(`/mail/${id}/raw`);
