import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, useParams } from "@tanstack/react-router";
import type { RunFilter } from "@/ai/runApi";
import { InboxPage } from "@/inbox/InboxPage";
import { Shell } from "@/shell/Shell";
import { TicketPane } from "@/ticket/TicketPane";
import { Empty } from "@/ui/controls";

function DeepLink() {
  const { ticket = "" } = useParams({ strict: false }) as { ticket?: string };
  return (
    <div className="inbox alone has-ticket">
      <TicketPane reference={ticket} />
    </div>
  );
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <main className="pane nothing">
      <Empty icon={null} title="There is nothing at this address">
        Go back, or press G then I for the inbox.
      </Empty>
    </main>
  ),
});

const toInbox = () => {
  throw redirect({ to: "/inbox/$view/{-$ticket}", params: { view: "inbox", ticket: undefined }, replace: true });
};

const home = createRoute({ getParentRoute: () => root, path: "/", beforeLoad: toInbox });
const bare = createRoute({ getParentRoute: () => root, path: "/inbox", beforeLoad: toInbox });
const inbox = createRoute({ getParentRoute: () => root, path: "/inbox/$view/{-$ticket}", component: InboxPage });
const ticket = createRoute({ getParentRoute: () => root, path: "/tickets/$ticket", component: DeepLink });
const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => (q == null || q === "" ? {} : { q: String(q) }),
  component: lazyRouteComponent(() => import("@/search/SearchPage")),
});
const knowledge = createRoute({
  getParentRoute: () => root,
  path: "/knowledge/{-$article}",
  component: lazyRouteComponent(() => import("@/knowledge/KnowledgePage")),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: "/customers/{-$customer}",
  component: lazyRouteComponent(() => import("@/customers/CustomersPage")),
});
const word = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const evaluations = createRoute({
  getParentRoute: () => root,
  path: "/ai/evaluations",
  component: lazyRouteComponent(() => import("@/ai/EvaluationsPage")),
});
const incidents = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  component: lazyRouteComponent(() => import("@/ai/IncidentsPage")),
});
const gaps = createRoute({
  getParentRoute: () => root,
  path: "/knowledge/gaps",
  component: lazyRouteComponent(() => import("@/knowledge/GapsPage")),
});
const runs = createRoute({
  getParentRoute: () => root,
  path: "/ai/runs",
  validateSearch: ({ engine, decision, failed, replay, ticket: about }: Record<string, unknown>): RunFilter => ({
    ...(word(engine) && { engine: word(engine) }),
    ...(word(decision) && { decision: word(decision) }),
    ...(word(about) && { ticket: word(about) }),
    ...(failed === true && { failed }),
    ...(replay === true && { replay }),
  }),
  component: lazyRouteComponent(() => import("@/ai/RunsPage")),
});
const run = createRoute({
  getParentRoute: () => root,
  path: "/ai/runs/$run",
  validateSearch: (given: Record<string, unknown>): { with?: string } => (word(given.with) ? { with: word(given.with) } : {}),
  component: lazyRouteComponent(() => import("@/ai/RunPage")),
});
const mail = createRoute({
  getParentRoute: () => root,
  path: "/mail/{-$tab}",
  component: lazyRouteComponent(() => import("@/mail/MailPage")),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/admin/SettingsPage")),
});
const profile = createRoute({
  getParentRoute: () => root,
  path: "/profile",
  component: lazyRouteComponent(() => import("@/profile/ProfilePage")),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    bare,
    inbox,
    ticket,
    search,
    customers,
    knowledge,
    gaps,
    incidents,
    evaluations,
    runs,
    run,
    mail,
    settings,
    profile,
  ]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
