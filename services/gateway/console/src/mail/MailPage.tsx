import { Link, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useMe } from "@/api/queries";
import { useAlarms, useParkedCounts } from "@/mail/api";
import { BlockedTab } from "@/mail/BlockedTab";
import { LedgerTab } from "@/mail/LedgerTab";
import { ParkedTab } from "@/mail/ParkedTab";
import { SuppressedTab } from "@/mail/SuppressedTab";
import { Page } from "@/shell/Page";
import { stamp, useNow } from "@/ui/time";

const TABS: { key: string; name: string; view: ComponentType; admin?: boolean }[] = [
  { key: "parked", name: "Parked", view: ParkedTab },
  { key: "suppressed", name: "Suppressed", view: SuppressedTab },
  { key: "blocked", name: "Blocked", view: BlockedTab },
  { key: "ledger", name: "Ledger", view: LedgerTab, admin: true },
];

const ALARMS: Record<string, string> = {
  mail_flood: "Somebody sends more mail than people do. What is too much waits below, under its reason.",
  mail_loop: "An automat answers our automatic mail; it gets no more for an hour. See Suppressed.",
};

/** What the windowed job noticed within the last hour. */
function Alarms() {
  const { data = [] } = useAlarms();
  const now = useNow();
  return data.map((alarm) => (
    <p key={alarm.id} className="msg-flags" role="status" data-testid="mail-alarm">
      {ALARMS[alarm.kind] ?? alarm.kind} <time dateTime={alarm.at}>{stamp(alarm.at, now)}</time>
    </p>
  ));
}

export default function MailPage() {
  const { tab = "parked" } = useParams({ strict: false }) as { tab?: string };
  const { data: counts } = useParkedCounts();
  const { data: me } = useMe();
  const tabs = TABS.filter((each) => !each.admin || me?.role === "admin");
  const shown = tabs.find((each) => each.key === tab) ?? tabs[0];
  const View = shown?.view ?? ParkedTab;
  return (
    <Page title="Mail">
      <nav className="tabs" aria-label="Mail">
        {tabs.map((each) => (
          <Link
            key={each.key}
            to="/mail/{-$tab}"
            params={{ tab: each.key }}
            className={each === shown ? "on" : ""}
            aria-current={each === shown ? "page" : undefined}
          >
            {each.name}
            {each.key === "parked" && counts && counts.total > 0 && <em data-testid="parked-count">{counts.total}</em>}
          </Link>
        ))}
      </nav>
      <Alarms />
      <View />
    </Page>
  );
}
