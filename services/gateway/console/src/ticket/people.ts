import type { Address, Message } from "@/api/types";

export const addressOf = (message: Message): string => message.from?.address ?? "";

export function authorOf(message: Message): string {
  return message.author?.name || message.from?.name || message.from?.address || (message.kind === "system" ? "Helpdesk" : "Unknown");
}

export const receiversOf = (list: Address[]): string =>
  list
    .map((each) => each.name || each.address)
    .filter(Boolean)
    .join(", ");
