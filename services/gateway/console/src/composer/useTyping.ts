import { useCallback, useRef } from "react";
import { live } from "@/live/live";

const AGAIN_MS = 3000;

/** Tells the others that an answer is being written, at most every three seconds. */
export function useTyping(ticket: string): () => void {
  const said = useRef(0);
  return useCallback(() => {
    if (Date.now() - said.current < AGAIN_MS) return;
    said.current = Date.now();
    live.send({ t: "presence", ch: `ticket:${ticket}`, state: "viewing", typing: true });
  }, [ticket]);
}
