import { useState } from "react";
import { Line } from "@/admin/Line";
import { TemplateLines } from "@/admin/Templates";
import { keepSettings } from "@/api/desk";
import { useSettings } from "@/api/queries";
import { FormModal } from "@/ui/FormModal";

function AutomaticMailForm({ close }: { close: () => void }) {
  const { data: settings } = useSettings();
  if (!settings) return null;
  return (
    <FormModal
      title="Automatic mail"
      verb="Save"
      working="Saving…"
      close={close}
      save={(value, all) =>
        keepSettings({
          confirmations: all.has("confirmations"),
          csat: all.has("csat"),
          csat_after_minutes: Number(value("csat_after_minutes")),
          public_url: value("public_url"),
        })
      }
    >
      <label className="check">
        <input type="checkbox" name="confirmations" defaultChecked={settings.confirmations} />
        Confirm each new ticket that comes by mail
      </label>
      <label className="check">
        <input type="checkbox" name="csat" defaultChecked={settings.csat} />
        Ask the customer how it went once a ticket is resolved
      </label>
      <label>
        Minutes to wait before asking
        <input name="csat_after_minutes" type="number" min={0} max={43200} required defaultValue={settings.csat_after_minutes} />
        <small>A ticket that is opened again before that is not asked about.</small>
      </label>
      <label>
        Public address of this desk
        <input name="public_url" type="url" maxLength={300} defaultValue={settings.public_url} placeholder="https://desk.company.com" />
        <small>For the links in automatic mail. With https, mail programs offer to unsubscribe from it with one click.</small>
      </label>
    </FormModal>
  );
}

/** What the desk writes by itself: which of it goes out, and in which words. */
export function AutomaticMail({ admin }: { admin: boolean }) {
  const { data: settings } = useSettings();
  const [open, setOpen] = useState(false);
  const said = [settings?.confirmations && "a receipt for each new mail", settings?.csat && "a question how it went"].filter(Boolean);
  return (
    <>
      <Line name="what goes out by itself" edit={admin ? () => setOpen(true) : undefined}>
        <b>What goes out</b>
        <span className="dim">{said.length ? said.join(", ") : "Nothing"}</span>
      </Line>
      <TemplateLines admin={admin} />
      {open && <AutomaticMailForm close={() => setOpen(false)} />}
    </>
  );
}
