import { Link } from "@tanstack/react-router";
import { Clock, CornerUpLeft, PanelRight, User } from "lucide-react";
import type { ReactNode } from "react";
import { AiSummary } from "@/ai/AiSummary";
import { IncidentSection } from "@/ai/IncidentSection";
import type { Ticket } from "@/api/types";
import { toggleContext } from "@/commands/registry";
import { CustomerSection } from "@/context/CustomerSection";
import { Properties } from "@/context/Properties";
import { IconButton } from "@/ui/controls";
import { Avatar, dueOf, SlaRing } from "@/ui/marks";
import { clockSeconds, fullDate, stamp, useNow } from "@/ui/time";

export function Section({ icon, title, tone, children }: { icon: ReactNode; title: string; tone?: string; children: ReactNode }) {
  return (
    <section className="sec">
      <h3 className={tone}>
        {icon}
        {title}
      </h3>
      {children}
    </section>
  );
}

function Next({ ticket }: { ticket: Ticket }) {
  const now = useNow();
  const due = dueOf(ticket.sla, ticket.created_at, now);
  const next = ticket.sla?.next;
  const calm = ticket.sla?.paused
    ? "The clock is paused while on hold"
    : ticket.status === "resolved"
      ? "Closes by itself if nobody writes"
      : "No deadline is running";
  return (
    <Section icon={<Clock size={13} strokeWidth={1.75} />} title="Next">
      {due ? (
        <div className={`next ${due.tone}`}>
          <SlaRing due={due} />
          <span>
            {due.what} {due.text.endsWith("over") ? "was due," : "due in"} <b>{due.text}</b>
          </span>
          <time title={fullDate(due.at)}>{clockSeconds(due.at)}</time>
        </div>
      ) : (
        <p className="why">{calm}</p>
      )}
      {next && !/first_response|resolution/.test(next.what) && (
        <p className="why" title={fullDate(next.at)}>
          then {next.what.replaceAll("_", " ")}, {stamp(next.at, now)}
        </p>
      )}
    </Section>
  );
}

const REASONS: Record<string, string> = {
  new: "A new mail that answers nothing we know",
  signed_id_in_reply: "The mail answers our message (signed id in In-Reply-To)",
  signed_id_in_references: "The mail names our message (signed id in References)",
  reply_address_token: "The mail went to the signed address of this ticket",
  known_message_id: "The mail answers a message of this ticket",
  shared_missing_parent: "The mail answers the same message, which we never got, as another one here",
  missing_parent_arrived: "An answer to this mail was here before it",
  number_in_subject: "The ticket's number is in the subject",
  body_marker: "The quoted text holds our mark",
  continues_closed: "The mail continues a closed ticket",
};

function Why({ ticket }: { ticket: Ticket }) {
  const why = ticket.correlation;
  if (!why) return null;
  const words = REASONS[why.reason] ?? why.reason.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
  return (
    <Section icon={<CornerUpLeft size={13} strokeWidth={1.75} />} title="Why this ticket">
      <p className="why" title={why.reason}>
        {words}, score {why.score.toFixed(2)}.
      </p>
    </Section>
  );
}

export function ContextPanel({ ticket }: { ticket: Ticket }) {
  const name = ticket.requester.name || ticket.requester.email || "Unknown";
  return (
    <aside className="ctx" aria-label="Details">
      <div className="head">
        <Link to="/customers/{-$customer}" params={{ customer: ticket.requester.id }} className="cust" title={`Everything of ${name}`}>
          <Avatar name={name} px={24} />
          <span>{name}</span>
        </Link>
        <div className="r">
          <IconButton label="Hide details" keys="mod+." onClick={toggleContext}>
            <PanelRight size={16} strokeWidth={1.75} />
          </IconButton>
        </div>
      </div>
      <div className="ctx-in">
        <Properties ticket={ticket} />
        <Next ticket={ticket} />
        <IncidentSection ticket={ticket} />
        <AiSummary ticket={ticket} />
        <Why ticket={ticket} />
        <Section icon={<User size={13} strokeWidth={1.75} />} title="Customer">
          <CustomerSection ticket={ticket} />
        </Section>
      </div>
    </aside>
  );
}
