/** Why a mail opened no ticket, as people say it. */
const REASONS: Record<string, string> = {
  flood: "Too many from one sender",
  blocked: "Sender is blocked",
  backscatter: "Bounce of a mail we did not send",
  feedback_report: "Complaint without one of our mails",
  two_from_headers: "Two senders in one mail",
  auto_reply_without_ticket: "Automatic reply to nothing we know",
  from_own_mailbox: "From one of our own addresses",
  bounce_unmatched: "Bounce that fits no message",
};
export const reasonWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll("_", " ");

const KINDS: Record<string, string> = {
  bounce: "does not exist any more",
  complaint: "complained, gets no automatic mail",
  unsubscribed: "unsubscribed, gets no automatic mail",
  loop: "answers by itself, gets no automatic mail for an hour",
  manual: "suppressed by hand",
};
export const kindWords = (kind: string): string => KINDS[kind] ?? kind;
