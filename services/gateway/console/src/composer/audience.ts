import type { Address, Message, Ticket } from "@/api/types";

const key = (address: string): string => address.trim().toLowerCase();
/** Our reply addresses are the mailbox with a plus part. */
const withoutPlus = (address: string): string => key(address).replace(/\+[^@]*@/, "@");

/** Whom the customer's last mail went to besides us, and who wrote it when that was not the requester: what "reply to all" adds. */
export function othersOf(ticket: Ticket, messages: Message[]): Address[] {
  const last = messages.findLast((message) => message.kind === "customer");
  if (!last) return [];
  const skip = new Set([key(ticket.requester.email ?? ""), key(ticket.mailbox ?? ""), ""]);
  return [...(last.from ? [last.from] : []), ...last.to, ...last.cc].filter(({ address }) => {
    if (skip.has(key(address)) || withoutPlus(address) === key(ticket.mailbox ?? "")) return false;
    skip.add(key(address));
    return true;
  });
}
