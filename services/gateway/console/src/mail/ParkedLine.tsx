import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "sonner";
import { useMe } from "@/api/queries";
import { act } from "@/mail/act";
import { type ParkedMail, release, releaseAll, remove, useParkedMail } from "@/mail/api";
import { BlockForm } from "@/mail/BlockForm";
import { reasonWords } from "@/mail/words";
import { PlainText } from "@/ticket/Body";
import { stamp, useNow } from "@/ui/time";

function Words({ mail }: { mail: ParkedMail }) {
  const { data } = useParkedMail(mail.id);
  const replyTo = data?.reply_to?.map((each) => each.address).filter((each) => each !== mail.from.address) ?? [];
  return (
    <div className="parked-words">
      <p className="meta">
        to {mail.to?.map((each) => each.address).join(", ") || mail.mailbox}
        {replyTo.length > 0 && <b className="problem"> · asks for answers at {replyTo.join(", ")}</b>}
        {mail.attachments > 0 && ` · ${mail.attachments === 1 ? "1 file" : `${mail.attachments} files`}`}
      </p>
      <PlainText text={data?.text ?? mail.snippet} />
    </div>
  );
}

function Actions({ mail }: { mail: ParkedMail }) {
  const { data: me } = useMe();
  const go = useNavigate();
  const [blocking, setBlocking] = useState(false);
  const [busy, setBusy] = useState(false);
  const admin = me?.role === "admin";
  const one = async () => {
    setBusy(true);
    const done = await act(() => release(mail.id), "Not released");
    setBusy(false);
    if (!done) return;
    const { number } = done;
    const open = number && { label: "Open", onClick: () => void go({ to: "/tickets/$ticket", params: { ticket: number } }) };
    toast(number ? `Released: it is in ${number}` : "Released", open ? { action: open } : {});
  };
  const all = async () => {
    const done = await act(() => releaseAll({ sender: mail.from.address, reason: mail.reason }), "Not released");
    if (done) toast(`${done.released} released`);
  };
  const erase = async () => {
    await act(() => remove(mail.id), "Not deleted");
  };
  return (
    <div className="parked-actions">
      <button type="button" className="btn p" disabled={busy} onClick={() => void one()}>
        Release
      </button>
      {mail.from.address && (
        <button type="button" className="btn" onClick={() => void all()}>
          Release all of this sender
        </button>
      )}
      {admin && mail.from.address && (
        <button type="button" className="btn" onClick={() => setBlocking(true)}>
          Block…
        </button>
      )}
      {admin && (
        <button type="button" className="btn" onClick={() => void erase()}>
          Delete
        </button>
      )}
      {blocking && <BlockForm mail={mail} close={() => setBlocking(false)} />}
    </div>
  );
}

export function ParkedLine({ mail, open, toggle }: { mail: ParkedMail; open: boolean; toggle: () => void }) {
  const now = useNow();
  return (
    <section className="parked" data-testid="parked-mail" data-mail-id={mail.id} aria-label={mail.subject || "(no subject)"}>
      <button type="button" className="line edit" data-line aria-expanded={open} onClick={toggle}>
        <span className="parked-who cut">{mail.from.name || mail.from.address || "Nobody named"}</span>
        <span className="cut">
          <b>{mail.subject || "(no subject)"}</b> <span className="dim">{mail.snippet}</span>
        </span>
        <span className="end">
          <span className="tag">{reasonWords(mail.reason)}</span> <time dateTime={mail.at}>{stamp(mail.at, now)}</time>
        </span>
      </button>
      {open && (
        <>
          <Words mail={mail} />
          <Actions mail={mail} />
        </>
      )}
    </section>
  );
}
