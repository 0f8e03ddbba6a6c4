import { MailX, Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { reasonOf } from "@/api/http";
import { act, readAgain } from "@/mail/act";
import { lift, suppress, useSuppressed } from "@/mail/api";
import { kindWords } from "@/mail/words";
import { Empty, Failed } from "@/ui/controls";
import { FormModal } from "@/ui/FormModal";
import { stamp, useNow } from "@/ui/time";

function SuppressForm({ close }: { close: () => void }) {
  return (
    <FormModal
      title="Suppress an address"
      verb="Suppress"
      working="Suppressing…"
      close={close}
      save={async (value) => {
        await suppress({ address: value("address"), reason: value("reason") });
        await readAgain();
      }}
    >
      <label>
        Address
        <input name="address" type="email" required maxLength={320} />
      </label>
      <label>
        Why
        <input name="reason" maxLength={500} />
      </label>
    </FormModal>
  );
}

async function letGo(address: string): Promise<void> {
  const done = await act(() => lift(address), "Not released");
  if (done) toast(`${address} gets mail again`);
}

export function SuppressedTab() {
  const [q, setQ] = useState("");
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useSuppressed(q.trim());
  const now = useNow();
  return (
    <>
      <div className="mail-filters">
        <input value={q} onChange={(event) => setQ(event.target.value)} placeholder="Address" aria-label="Find suppressed addresses" />
        <button type="button" className="btn" onClick={() => setAdding(true)}>
          <Plus size={14} strokeWidth={1.75} /> Suppress
        </button>
      </div>
      {error && <Failed what="The suppressed addresses could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.data.length === 0 && (
        <Empty icon={<MailX size={20} strokeWidth={1.75} />} title="Every address gets mail">
          An address whose server returns our mail for good, or whose owner complains, is listed here until somebody releases it.
        </Empty>
      )}
      <div className="table">
        {data?.data.map((each) => (
          <div key={each.address} className="line" data-testid="suppression">
            <b>{each.address}</b>
            <span className="cut">
              {kindWords(each.kind)} <span className="dim">{each.reason}</span>
            </span>
            <time className="end dim" dateTime={each.at}>
              {stamp(each.at, now)}
            </time>
            <button type="button" className="btn" aria-label={`Release ${each.address}`} onClick={() => void letGo(each.address)}>
              Release
            </button>
          </div>
        ))}
      </div>
      {adding && <SuppressForm close={() => setAdding(false)} />}
    </>
  );
}
