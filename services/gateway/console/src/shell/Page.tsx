import type { ReactNode } from "react";
import { MenuButton } from "@/shell/MenuButton";

export function Page({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <main className="plain">
      <div className="head">
        <MenuButton />
        <h1 className="head-title">{title}</h1>
        <div className="r">{actions}</div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section className="plain-in" aria-label={title} tabIndex={0}>
        {children}
      </section>
    </main>
  );
}
