import type { ReactNode } from "react";
import { MenuButton } from "@/shell/MenuButton";

interface Props {
  title: string;
  actions?: ReactNode;
  /** Stands beside what scrolls. */
  aside?: ReactNode;
  children: ReactNode;
}

export function Page({ title, actions, aside, children }: Props) {
  return (
    <main className="plain">
      <div className="head">
        <MenuButton />
        <h1 className="head-title">{title}</h1>
        <div className="r">{actions}</div>
      </div>
      <div className={aside ? "plain-body with-aside" : "plain-body"}>
        {aside}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
        <section className="plain-in" aria-label={title} tabIndex={0}>
          {children}
        </section>
      </div>
    </main>
  );
}
