import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { AgentForm } from "@/admin/AgentForm";
import { ApiKeyBlock } from "@/admin/ApiKeys";
import { AssistantLines, TrackRecords } from "@/admin/AssistantBlock";
import { AssistantForm } from "@/admin/AssistantForm";
import { AutomaticMail } from "@/admin/AutomaticMail";
import { anchorOf, Block } from "@/admin/Block";
import { DeskBlock } from "@/admin/DeskBlock";
import { Line } from "@/admin/Line";
import { MacroBlock } from "@/admin/Macros";
import { MailboxForm } from "@/admin/MailboxForm";
import { TargetBlock } from "@/admin/Targets";
import { TeamForm } from "@/admin/TeamForm";
import { isStatus, reasonOf } from "@/api/http";
import { useAgents, useMailboxes, useMe, useTeams } from "@/api/queries";
import type { Agent, Mailbox, Team } from "@/api/types";
import { Page } from "@/shell/Page";
import { Avatar } from "@/ui/marks";

/** The blocks of the page, in their order; the keys are for admins. */
const BLOCKS = [
  "Desk",
  "Mailboxes",
  "Teams",
  "Agents",
  "Priorities",
  "Saved replies",
  "Assistant",
  "Earned by the assistant",
  "Automatic mail",
  "API keys",
] as const;

/** Beside the blocks where there is room for it, above them where there is none. */
function Contents({ admin }: { admin: boolean }) {
  return (
    <nav className="contents" aria-label="Settings">
      {BLOCKS.filter((title) => admin || title !== "API keys").map((title) => (
        <button key={title} type="button" onClick={() => document.getElementById(anchorOf(title))?.scrollIntoView({ block: "start" })}>
          {title}
        </button>
      ))}
    </nav>
  );
}

const HEALTHY = new Set(["ok", "up", "idle", "running", "connected", "polling", "active", "healthy"]);

function MailboxLine({ mailbox, edit }: { mailbox: Mailbox; edit?: () => void }) {
  const state = mailbox.state ?? "not seen yet";
  const tone = mailbox.error ? "bad" : HEALTHY.has(state) ? "good" : "warn";
  return (
    <Line name={mailbox.address} edit={edit}>
      <i className={`health ${tone}`} />
      <b>{mailbox.address}</b>
      <span className="dim">{mailbox.progress || state}</span>
      {mailbox.error && <span className="problem">{mailbox.error}</span>}
    </Line>
  );
}

type Editing =
  | { what: "team"; entry: Team | null }
  | { what: "agent"; entry: Agent | null }
  | { what: "mailbox"; entry: Mailbox | null }
  | { what: "assistant" }
  | null;

function Editor({ editing, teams, close }: { editing: Editing; teams: Team[]; close: () => void }) {
  if (editing?.what === "team") return <TeamForm team={editing.entry} teams={teams} close={close} />;
  if (editing?.what === "agent") return <AgentForm agent={editing.entry} teams={teams} close={close} />;
  if (editing?.what === "mailbox") return <MailboxForm mailbox={editing.entry} teams={teams} close={close} />;
  if (editing?.what === "assistant") return <AssistantForm close={close} />;
  return null;
}

function Mailboxes({ open }: { open?: (mailbox: Mailbox | null) => void }) {
  const { data, error } = useMailboxes();
  const hidden = isStatus(error, 403) || isStatus(error, 404);
  return (
    <Block title="Mailboxes" hint="Where mail comes in and goes out. Checked every few seconds." add={open && (() => open(null))}>
      {error && <p className="meta pad">{hidden ? "Only admins see the mailboxes." : reasonOf(error)}</p>}
      {data?.length === 0 && <p className="meta pad">None yet. A new one is tested by IMAP and SMTP before it is kept.</p>}
      {data?.map((mailbox) => (
        <MailboxLine key={mailbox.id ?? mailbox.name} mailbox={mailbox} edit={open && (() => open(mailbox))} />
      ))}
      {open && (
        <p className="meta pad">
          <Link to="/mail/{-$tab}" params={{ tab: "ledger" }}>
            Mail ledger
          </Link>
          : what became of every mail.
        </p>
      )}
    </Block>
  );
}

function TeamLine({ team, agents, edit }: { team: Team; agents: Agent[]; edit?: () => void }) {
  const members = agents.filter((agent) => agent.teams.some((each) => each.id === team.id));
  return (
    <Line name={team.name} edit={edit}>
      <b>{team.name}</b>
      <span className="dim">{members.length === 1 ? "1 agent" : `${members.length} agents`}</span>
      <span className="stack">
        {members.slice(0, 5).map((agent) => (
          <Avatar key={agent.id} name={agent.name} px={22} />
        ))}
      </span>
    </Line>
  );
}

export default function SettingsPage() {
  const { data: me } = useMe();
  const { data: agents = [] } = useAgents();
  const { data: teams = [] } = useTeams();
  const [editing, setEditing] = useState<Editing>(null);
  const admin = me?.role === "admin";
  return (
    <Page title="Settings" aside={<Contents admin={admin} />}>
      <DeskBlock admin={admin} />
      <Mailboxes open={admin ? (entry) => setEditing({ what: "mailbox", entry }) : undefined} />
      <Block
        title="Teams"
        hint="A ticket belongs to one team; the assistant routes, people correct."
        add={admin ? () => setEditing({ what: "team", entry: null }) : undefined}
      >
        {teams.map((team) => (
          <TeamLine key={team.id} team={team} agents={agents} edit={admin ? () => setEditing({ what: "team", entry: team }) : undefined} />
        ))}
      </Block>
      <Block
        title="Agents"
        hint="Who answers, and with which rights."
        add={admin ? () => setEditing({ what: "agent", entry: null }) : undefined}
      >
        {agents.map((agent) => (
          <Line key={agent.id} name={agent.name} edit={admin ? () => setEditing({ what: "agent", entry: agent }) : undefined}>
            <Avatar name={agent.name} px={22} />
            <b>{agent.name}</b>
            <span className="dim cut">{agent.email}</span>
            <span className="end">{agent.role}</span>
          </Line>
        ))}
      </Block>
      <TargetBlock admin={admin} />
      <MacroBlock admin={admin} />
      <Block title="Assistant" hint="What it may do without a person, and what it only suggests.">
        <AssistantLines edit={admin ? () => setEditing({ what: "assistant" }) : undefined} />
      </Block>
      <Block
        title="Earned by the assistant"
        hint="Autopilot unlocks itself at 200 reviewed drafts, 95 % of them sent unedited, and drops back when that falls."
      >
        <TrackRecords />
      </Block>
      <Block title="Automatic mail" hint="In the customer's language, where there is a translation. Never with words of a customer in it.">
        <AutomaticMail admin={admin} />
      </Block>
      {admin && <ApiKeyBlock />}
      <Editor editing={editing} teams={teams} close={() => setEditing(null)} />
    </Page>
  );
}
