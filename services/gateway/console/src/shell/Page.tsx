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
      <div className="plain-in">{children}</div>
    </main>
  );
}
