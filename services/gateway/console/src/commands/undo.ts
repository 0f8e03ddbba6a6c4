import { toast } from "sonner";

type Undo = () => void | Promise<void>;

const KEPT_MS = 10_000;
let last: { undo: Undo; toast: string | number; until: number } | null = null;

/** Says what was done and offers to take it back, by button or by Z, for ten seconds. */
export function offerUndo(words: string, undo: Undo): void {
  const id = toast(words, { duration: KEPT_MS, action: { label: "Undo  Z", onClick: () => void undoLast() } });
  last = { undo, toast: id, until: Date.now() + KEPT_MS };
}

export async function undoLast(): Promise<void> {
  const step = last;
  last = null;
  if (!step || Date.now() > step.until) {
    toast("Nothing to undo");
    return;
  }
  toast.dismiss(step.toast);
  await step.undo();
}

/** The same by Z alone, for a step that shows its own button (a reply in its undo window). */
export function rememberUndo(undo: Undo): void {
  last = { undo, toast: "", until: Date.now() + KEPT_MS };
}
