import { MailCheck } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { toast } from "sonner";
import { reasonOf } from "@/api/http";
import { act } from "@/mail/act";
import { releaseAll, useParked, useParkedCounts } from "@/mail/api";
import { ParkedLine } from "@/mail/ParkedLine";
import { reasonWords } from "@/mail/words";
import { Empty, Failed, useSlow } from "@/ui/controls";

/** Up and down between the lines, as in every list of the console. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-line]")];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  const next = lines[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

async function releaseEverything(reason: string): Promise<void> {
  const done = await act(() => releaseAll({ reason }), "Not released");
  if (done) toast(`${done.released} released${done.waiting ? `, ${done.waiting} on their way` : ""}`);
}

function Filters({ reason, choose, q, type }: { reason: string; choose: (reason: string) => void; q: string; type: (q: string) => void }) {
  const { data: counts } = useParkedCounts();
  const reasons = Object.entries(counts?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <div className="mail-filters">
      <label className="pick">
        <span className="sr">Reason</span>
        <select value={reason} onChange={(event) => choose(event.target.value)}>
          <option value="">All reasons ({counts?.total ?? 0})</option>
          {reasons.map(([key, n]) => (
            <option key={key} value={key}>
              {reasonWords(key)} ({n})
            </option>
          ))}
        </select>
      </label>
      <input value={q} onChange={(event) => type(event.target.value)} placeholder="Sender or subject" aria-label="Find parked mail" />
      {reason && (
        <button type="button" className="btn" onClick={() => void releaseEverything(reason)}>
          Release all of these
        </button>
      )}
    </div>
  );
}

export function ParkedTab() {
  const [reason, setReason] = useState("");
  const [q, setQ] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const { data, isPending, error, refetch } = useParked(reason, q.trim());
  const slow = useSlow(isPending);
  return (
    <>
      <Filters reason={reason} choose={setReason} q={q} type={setQ} />
      {slow && <p className="meta pad">Reading…</p>}
      {error && <Failed what="The parked mail could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.data.length === 0 && (
        <Empty icon={<MailCheck size={20} strokeWidth={1.75} />} title="Nothing is parked">
          Mail that opens no ticket by itself waits here, with the reason. Release makes it the ticket it would have been.
        </Empty>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the lines inside are the controls, this only moves between them */}
      <div className="table" onKeyDown={walk} aria-live="polite">
        {data?.data.map((mail) => (
          <ParkedLine key={mail.id} mail={mail} open={open === mail.id} toggle={() => setOpen(open === mail.id ? null : mail.id)} />
        ))}
      </div>
      {data?.next && <p className="meta pad">Only the newest {data.data.length} are shown; filter to see others.</p>}
    </>
  );
}
