import { readAgain } from "@/mail/act";
import { addBlock, blockSender, type ParkedMail } from "@/mail/api";
import { FormModal } from "@/ui/FormModal";

/** Whom to block: the sender of a mail, that sender's whole domain, or (without a mail) whoever is named. */
export function BlockForm({ mail, close }: { mail: ParkedMail | null; close: () => void }) {
  const address = mail?.from.address ?? "";
  return (
    <FormModal
      title={mail ? "Block this sender" : "Block an address or a domain"}
      verb="Block"
      working="Blocking…"
      close={close}
      save={async (value) => {
        const action = value("action") === "drop" ? "drop" : "park";
        if (mail) await blockSender(mail.id, { what: value("what") === "domain" ? "domain" : "address", action, reason: value("reason") });
        else await addBlock({ pattern: value("pattern"), action, reason: value("reason") });
        await readAgain();
      }}
    >
      {mail ? (
        <label>
          Who
          <select name="what" defaultValue="address">
            <option value="address">{address}</option>
            <option value="domain">Everybody at {address.slice(address.lastIndexOf("@") + 1)}</option>
          </select>
        </label>
      ) : (
        <label>
          Address or domain
          <input name="pattern" required maxLength={320} placeholder="spam.example" />
        </label>
      )}
      <label>
        Their later mail
        <select name="action" defaultValue="park">
          <option value="park">waits here</option>
          <option value="drop">is only counted</option>
        </select>
      </label>
      <label>
        Why
        <input name="reason" maxLength={400} />
      </label>
    </FormModal>
  );
}
