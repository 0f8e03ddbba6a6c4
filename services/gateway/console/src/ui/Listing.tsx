import "@/styles/runs.css";
import type { ReactNode } from "react";

interface TableProps {
  label: string;
  columns: readonly string[];
  /** Those that hold figures, set to the right. */
  figures?: ReadonlySet<string>;
  children: ReactNode;
}

/** A table of records; on a narrow screen each record becomes a few lines of its own. */
export function Table({ label, columns, figures, children }: TableProps) {
  return (
    <table className="runs" aria-label={label}>
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col" className={figures?.has(name) ? "num" : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

export function More({ pages }: { pages: Pages }) {
  if (!pages.hasNextPage) return null;
  return (
    <button type="button" className="btn" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
      {pages.isFetchingNextPage ? "Reading…" : "More"}
    </button>
  );
}
