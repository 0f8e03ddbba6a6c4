import { Link, useRouterState } from "@tanstack/react-router";
import {
  AlarmClock,
  BookOpen,
  CheckCheck,
  ChevronDown,
  CircleDot,
  CirclePause,
  Contact,
  Inbox,
  Layers,
  ListFilter,
  Mail,
  Radar,
  Search,
  Settings,
  Sparkles,
  User,
} from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { useMe, useTeams } from "@/api/queries";
import { useUi } from "@/commands/ui";
import { savedKey, useSavedViews } from "@/inbox/savedViews";
import { useCounts } from "@/inbox/useTicketList";
import { useParkedCounts } from "@/mail/api";
import { ConnectionState } from "@/shell/ConnectionState";
import { Keys, Tooltip } from "@/ui/controls";
import { Avatar, hueOf } from "@/ui/marks";

const ICONS: Record<string, typeof Inbox> = {
  inbox: Inbox,
  mine: User,
  unassigned: CircleDot,
  review: Sparkles,
  "on-hold": CirclePause,
  snoozed: AlarmClock,
  resolved: CheckCheck,
  all: Layers,
};
const FIXED = [
  ["inbox", "Inbox", "g i"],
  ["mine", "Mine", "g m"],
  ["unassigned", "Unassigned", "g u"],
  ["review", "AI review", "g r"],
  ["on-hold", "On hold", undefined],
  ["snoozed", "Snoozed", undefined],
  ["resolved", "Resolved", undefined],
  ["all", "All tickets", undefined],
] as const;

const close = () => useUi.getState().set({ sidebar: false, cursor: null });

function Label({ icon, name, count }: { icon: ReactNode; name: string; count?: string }) {
  return (
    <>
      {icon}
      <span className="nav-name">{name}</span>
      {count && <em> {count}</em>}
    </>
  );
}

/** "L2" for Level 2 Support, "B" for Billing Team: teams are told apart where there is no room for names. */
function TeamMark({ name }: { name: string }) {
  return (
    <i className="team-mark" style={{ "--h": hueOf(name) } as CSSProperties} aria-hidden="true">
      {`${name.trim()[0] ?? ""}${/\d/.exec(name)?.[0] ?? ""}`.toUpperCase()}
    </i>
  );
}

function ViewLink({ view, name, keys, count }: { view: string; name: string; keys?: string; count: string }) {
  const Icon = ICONS[view] ?? ListFilter;
  const mark = view.startsWith("team-") ? <TeamMark name={name} /> : <Icon size={16} strokeWidth={1.75} />;
  const path = useRouterState({ select: (state) => state.location.pathname });
  const on = path === `/inbox/${view}` || path.startsWith(`/inbox/${view}/`);
  const link = (
    <Link
      to="/inbox/$view/{-$ticket}"
      params={{ view, ticket: undefined }}
      className={`nav ${on ? "on" : ""}`}
      data-testid={`view-${view}`}
      onClick={close}
    >
      <Label icon={mark} name={name} count={count} />
    </Link>
  );
  // Where the names are seen, a tooltip is only worth its keys; the rail shows marks alone.
  return (
    <Tooltip text={name} keys={keys} className={keys ? undefined : "rail-only"}>
      {link}
    </Tooltip>
  );
}

function MailLink() {
  const { data: parked } = useParkedCounts();
  return (
    <Link
      to="/mail/{-$tab}"
      params={{ tab: undefined }}
      className="nav"
      activeProps={{ className: "on" }}
      onClick={close}
      data-testid="nav-mail"
    >
      <Label icon={<Mail size={16} strokeWidth={1.75} />} name="Mail" count={parked?.total ? String(parked.total) : ""} />
    </Link>
  );
}

export function Sidebar() {
  const { data: me } = useMe();
  const { data: teams } = useTeams();
  const count = useCounts();
  const own = useSavedViews((state) => state.views);
  const open = useUi((state) => state.sidebar);
  return (
    <>
      {open && <button type="button" className="veil shown" aria-label="Close the menu" onClick={close} />}
      <nav className={`side ${open ? "open" : ""}`} aria-label="Main">
        <Link to="/profile" className="desk" onClick={close}>
          <b>H</b>
          <span>Helpdesk</span>
          <ChevronDown size={14} strokeWidth={1.75} />
        </Link>
        <button type="button" className="find" onClick={() => useUi.getState().set({ palette: true, sidebar: false })}>
          <Search size={14} strokeWidth={1.75} />
          <span>Search or run</span>
          <Keys of="mod+k" />
        </button>
        <div className="nav-scroll">
          {FIXED.map(([key, name, keys]) => (
            <ViewLink key={key} view={key} name={name} keys={keys} count={count(key)} />
          ))}
          {own.length > 0 && <h2 className="group">Views</h2>}
          {own.map((view) => (
            <ViewLink key={view.id} view={savedKey(view)} name={view.name} count={count(savedKey(view))} />
          ))}
          {teams && teams.length > 0 && <h2 className="group">Teams</h2>}
          {teams?.map((team) => (
            <ViewLink key={team.id} view={`team-${team.id}`} name={team.name} count={count(`team-${team.id}`)} />
          ))}
          <h2 className="group">Desk</h2>
          <Link
            to="/customers/{-$customer}"
            params={{ customer: undefined }}
            className="nav"
            activeProps={{ className: "on" }}
            onClick={close}
          >
            <Label icon={<Contact size={16} strokeWidth={1.75} />} name="Customers" />
          </Link>
          <Link
            to="/knowledge/{-$article}"
            params={{ article: undefined }}
            className="nav"
            activeProps={{ className: "on" }}
            onClick={close}
          >
            <Label icon={<BookOpen size={16} strokeWidth={1.75} />} name="Knowledge" />
          </Link>
          <Link to="/incidents" className="nav" activeProps={{ className: "on" }} onClick={close}>
            <Label icon={<Radar size={16} strokeWidth={1.75} />} name="Incidents" />
          </Link>
          <Link to="/ai/runs" search={{}} className="nav" activeProps={{ className: "on" }} onClick={close}>
            <Label icon={<Sparkles size={16} strokeWidth={1.75} />} name="Assistant" />
          </Link>
          {me?.role !== "light" && <MailLink />}
          <Link to="/settings" className="nav" activeProps={{ className: "on" }} onClick={close}>
            <Label icon={<Settings size={16} strokeWidth={1.75} />} name="Settings" />
          </Link>
        </div>
        <Link to="/profile" className="me" onClick={close} title="Profile and preferences">
          <Avatar name={me?.name ?? ""} px={22} />
          <span className="nav-name">{me?.name}</span>
          <ConnectionState />
        </Link>
      </nav>
    </>
  );
}
