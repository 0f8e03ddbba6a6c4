import type { Address, Message } from "@/api/types";

const ownAddress = (address: Address | null | undefined): string => {
  if (!address) return "";
  return typeof address === "string" ? address : (address.address ?? address.email ?? "");
};

export function addressOf(message: Message): string {
  const author = message.author;
  return ownAddress(message.from) || (author && typeof author === "object" ? (author.email ?? "") : "");
}

export function authorOf(message: Message): string {
  const author = message.author;
  if (typeof author === "string" && author) return author;
  if (author && typeof author === "object" && author.name) return author.name;
  const from = message.from;
  if (from && typeof from === "object" && from.name) return from.name;
  return ownAddress(from) || (message.kind === "system" ? "Helpdesk" : "Unknown");
}

export function receiversOf(list: Address[] | null): string {
  return (list ?? [])
    .map((each) => (typeof each === "object" && each.name) || ownAddress(each))
    .filter(Boolean)
    .join(", ");
}
