import type { ReactNode } from "react";
import { isStatus, reasonOf } from "@/api/http";
import { useAgents, useMailboxes, usePriorities, useTeams } from "@/api/queries";
import type { Mailbox } from "@/api/types";
import { Page } from "@/shell/Page";
import { Avatar, PriorityBars } from "@/ui/marks";

function Block({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <section className="block">
      <header>
        <h2>{title}</h2>
        <p className="meta">{hint}</p>
      </header>
      <div className="table">{children}</div>
    </section>
  );
}

const HEALTHY = new Set(["ok", "up", "idle", "running", "connected", "polling", "active", "healthy"]);

function MailboxRow({ mailbox }: { mailbox: Mailbox }) {
  const state = mailbox.state ?? "unknown";
  const tone = mailbox.error ? "bad" : HEALTHY.has(state) ? "good" : "warn";
  return (
    <div className="line">
      <i className={`health ${tone}`} />
      <b>{mailbox.address ?? mailbox.name}</b>
      <span className="dim">{state}</span>
      {mailbox.error && <span className="problem">{mailbox.error}</span>}
    </div>
  );
}

function Mailboxes() {
  const { data, error } = useMailboxes();
  const hidden = isStatus(error, 403) || isStatus(error, 404);
  return (
    <Block title="Mailboxes" hint="Where mail comes in and goes out. Checked every few seconds.">
      {error && <p className="meta pad">{hidden ? "Only admins see the mailboxes." : reasonOf(error)}</p>}
      {data?.length === 0 && <p className="meta pad">None yet. Add one with helpdesk mailbox add; it is tested before it is kept.</p>}
      {data?.map((mailbox) => (
        <MailboxRow key={mailbox.id ?? mailbox.name} mailbox={mailbox} />
      ))}
    </Block>
  );
}

export default function SettingsPage() {
  const { data: agents } = useAgents();
  const { data: teams } = useTeams();
  const priorities = usePriorities();
  return (
    <Page title="Settings">
      <Mailboxes />
      <Block title="Teams" hint="A ticket belongs to one team; the assistant routes, people correct.">
        {teams?.map((team) => {
          const members = agents?.filter((agent) => agent.teams.some((each) => each.id === team.id)) ?? [];
          return (
            <div className="line" key={team.id}>
              <b>{team.name}</b>
              <span className="dim">{members.length === 1 ? "1 agent" : `${members.length} agents`}</span>
              <span className="stack">
                {members.slice(0, 5).map((agent) => (
                  <Avatar key={agent.id} name={agent.name} px={22} />
                ))}
              </span>
            </div>
          );
        })}
      </Block>
      <Block title="Agents" hint="Who answers, and with which rights.">
        {agents?.map((agent) => (
          <div className="line" key={agent.id}>
            <Avatar name={agent.name} px={22} />
            <b>{agent.name}</b>
            <span className="dim cut">{agent.email}</span>
            <span className="end">{agent.role}</span>
          </div>
        ))}
      </Block>
      <Block title="Priorities" hint="In this order, with the targets of the desk.">
        {priorities.map((priority) => (
          <div className="line" key={priority.key}>
            <PriorityBars priority={priority.key} />
            <b>{priority.name}</b>
          </div>
        ))}
      </Block>
    </Page>
  );
}
