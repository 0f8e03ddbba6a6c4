import { Command } from "cmdk";
import type { ReactNode } from "react";

/** Shown instead of choices. A list box without any option is an error to screen readers, so the words are one that cannot be chosen. */
export function NoneFound({ children }: { children: ReactNode }) {
  return (
    <Command.Empty>
      <div role="option" aria-disabled="true" aria-selected="false" tabIndex={-1}>
        {children}
      </div>
    </Command.Empty>
  );
}
