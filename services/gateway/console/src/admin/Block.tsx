import { Plus } from "lucide-react";
import type { ReactNode } from "react";

/** The address of a block on the page of settings, from its heading. */
export const anchorOf = (title: string): string => title.toLowerCase().replaceAll(/[^a-z]+/g, "-");

interface Props {
  title: string;
  hint: string;
  add?: () => void;
  children: ReactNode;
}

export function Block({ title, hint, add, children }: Props) {
  return (
    <section className="block" id={anchorOf(title)}>
      <header>
        <h2>{title}</h2>
        <p className="meta">{hint}</p>
        {add && (
          <button type="button" className="btn" aria-label={`Add to ${title.toLowerCase()}`} onClick={add}>
            <Plus size={14} strokeWidth={1.75} /> Add
          </button>
        )}
      </header>
      <div className="table">{children}</div>
    </section>
  );
}
