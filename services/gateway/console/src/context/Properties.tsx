import { ThumbsDown, ThumbsUp } from "lucide-react";
import type { ReactNode } from "react";
import { usePriorities } from "@/api/queries";
import type { Ticket } from "@/api/types";
import { keysOf } from "@/commands/registry";
import { openPick, type Pick } from "@/commands/ui";
import { STATUS_NAMES } from "@/ticket/actions";
import { Keys, Tooltip } from "@/ui/controls";
import { Avatar, PriorityBars, StatusMark, Tag } from "@/ui/marks";
import { fullDate } from "@/ui/time";

function Property({ name, pick, children }: { name: string; pick: Pick; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Tooltip text={`Change ${name.toLowerCase()}`} keys={keysOf(pick)}>
          <button type="button" className="prop" data-testid={`prop-${pick}`} onClick={(event) => openPick(pick, event.currentTarget)}>
            {children}
          </button>
        </Tooltip>
      </dd>
    </>
  );
}

export function Properties({ ticket }: { ticket: Ticket }) {
  const priorities = usePriorities();
  const priority = priorities.find((each) => each.key === ticket.priority)?.name ?? ticket.priority;
  return (
    <section className="sec">
      <dl className="kv">
        <Property name="Status" pick="status">
          <StatusMark status={ticket.status} />
          {STATUS_NAMES[ticket.status]}
        </Property>
        <Property name="Priority" pick="priority">
          <PriorityBars priority={ticket.priority} />
          {priority}
        </Property>
        <Property name="Team" pick="team">
          {ticket.team ? ticket.team.name : <span className="dim">No team</span>}
        </Property>
        <Property name="Assignee" pick="assign">
          {ticket.assignee ? (
            <>
              <Avatar name={ticket.assignee.name} px={18} />
              {ticket.assignee.name}
            </>
          ) : (
            <span className="dim">
              Nobody <Keys of="i" />
            </span>
          )}
        </Property>
        <Property name="Tags" pick="tags">
          {ticket.tags.length > 0 ? ticket.tags.map((tag) => <Tag key={tag} name={tag} />) : <span className="dim">None</span>}
        </Property>
        {ticket.rating && (
          <>
            <dt>Rating</dt>
            <dd data-testid="rating" title={ticket.rated_at ? fullDate(ticket.rated_at) : undefined}>
              <span className="prop">
                {ticket.rating === "good" ? <ThumbsUp size={14} strokeWidth={1.75} /> : <ThumbsDown size={14} strokeWidth={1.75} />}
                {ticket.rating === "good" ? "Good" : "Not good"}
              </span>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
