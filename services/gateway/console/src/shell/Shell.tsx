import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { reasonOf } from "@/api/http";
import { useAgents, useMe } from "@/api/queries";
import { useShortcuts } from "@/commands/shortcuts";
import { isFloating, useUi } from "@/commands/ui";
import { live } from "@/live/live";
import { SignIn } from "@/session/SignIn";
import { OfflineBanner } from "@/shell/OfflineBanner";
import { Sidebar } from "@/shell/Sidebar";
import { Failed, useSlow } from "@/ui/controls";

const Floating = lazy(() => import("@/commands/Floating"));

function SignedIn() {
  useShortcuts();
  useAgents();
  const floating = useUi(isFloating);
  useEffect(() => {
    live.start();
    live.subscribe("user:me", null);
    // The palette is wanted within 100 ms of the first ⌘K, so its code is fetched while nobody waits for it.
    const idle = setTimeout(() => void import("@/commands/Floating"), 1500);
    return () => {
      clearTimeout(idle);
      live.stop();
    };
  }, []);
  return (
    <div className="app">
      <Sidebar />
      <div className="page">
        <OfflineBanner />
        <Outlet />
      </div>
      {floating && (
        <Suspense fallback={null}>
          <Floating />
        </Suspense>
      )}
    </div>
  );
}

export function Shell() {
  const { data: me, isPending, error, refetch } = useMe();
  const slow = useSlow(isPending, 400);
  if (me) return <SignedIn key={me.id} />;
  if (me === null) return <SignIn />;
  if (error) return <Failed what="Helpdesk cannot be reached" reason={reasonOf(error)} retry={() => void refetch()} />;
  return slow ? <div className="boot" role="status" aria-label="Loading" /> : null;
}
