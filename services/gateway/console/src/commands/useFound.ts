import { useEffect, useState } from "react";
import * as api from "@/api/endpoints";
import type { Ticket } from "@/api/types";

const WAIT_MS = 120;

/** Up to six tickets that the typed words find. */
export function useFound(query: string): Ticket[] {
  const [found, setFound] = useState<Ticket[]>([]);
  useEffect(() => {
    if (query.trim().length < 2) {
      setFound([]);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      // A failed search leaves the dialog usable; the search page shows the reason.
      api.search(query, abort.signal).then(
        ({ tickets }) => setFound(tickets.slice(0, 6)),
        () => setFound([]),
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query]);
  return found;
}
