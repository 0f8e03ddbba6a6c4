import type { ReactNode } from "react";

/** A line that opens its form, for those who may change it. */
export function Line({ name, edit, children }: { name: string; edit?: () => void; children: ReactNode }) {
  if (!edit) return <div className="line">{children}</div>;
  return (
    <button type="button" className="line edit" title={`Edit ${name}`} onClick={edit}>
      {children}
    </button>
  );
}
