import { Link, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useParkedCounts } from "@/mail/api";
import { BlockedTab } from "@/mail/BlockedTab";
import { ParkedTab } from "@/mail/ParkedTab";
import { SuppressedTab } from "@/mail/SuppressedTab";
import { Page } from "@/shell/Page";

const TABS: { key: string; name: string; view: ComponentType }[] = [
  { key: "parked", name: "Parked", view: ParkedTab },
  { key: "suppressed", name: "Suppressed", view: SuppressedTab },
  { key: "blocked", name: "Blocked", view: BlockedTab },
];

export default function MailPage() {
  const { tab = "parked" } = useParams({ strict: false }) as { tab?: string };
  const { data: counts } = useParkedCounts();
  const shown = TABS.find((each) => each.key === tab) ?? TABS[0];
  const View = shown?.view ?? ParkedTab;
  return (
    <Page title="Mail">
      <nav className="tabs" aria-label="Mail">
        {TABS.map((each) => (
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
      <View />
    </Page>
  );
}
