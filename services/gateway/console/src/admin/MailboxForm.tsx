import { useState } from "react";
import { keepMailbox, type MailboxInput } from "@/api/desk";
import type { Mailbox, Team } from "@/api/types";
import { FormModal } from "@/ui/FormModal";

type Security = NonNullable<MailboxInput["imap_security"]>;

function Server({ kind, host, port, security }: { kind: "imap" | "smtp"; host?: string; port: number; security: string }) {
  const name = kind.toUpperCase();
  return (
    <div className="server">
      <label>
        {name} server
        <input name={`${kind}_host`} required defaultValue={host} placeholder={`${kind}.example.com`} />
      </label>
      <label>
        Port
        <input name={`${kind}_port`} type="number" required min={1} max={65535} defaultValue={port} />
      </label>
      <label>
        Security
        <select name={`${kind}_security`} defaultValue={security}>
          <option value="tls">TLS</option>
          <option value="starttls">STARTTLS</option>
          <option value="none">None</option>
        </select>
      </label>
    </div>
  );
}

function Sending({ mailbox }: { mailbox: Mailbox | null }) {
  return (
    <>
      <label className="check">
        <input type="checkbox" name="null_sender" defaultChecked={mailbox?.null_sender ?? true} />
        The SMTP server takes automatic mail without a sender
      </label>
      <label>
        Signature
        <textarea
          name="signature"
          rows={2}
          maxLength={10000}
          defaultValue={mailbox?.signature ?? ""}
          placeholder="Where the team has none of its own"
        />
      </label>
      <label>
        Ask customers how it went
        <select name="csat" defaultValue={mailbox?.csat ?? "desk"}>
          <option value="desk">As the desk does</option>
          <option value="on">Yes</option>
          <option value="off">No</option>
        </select>
      </label>
      <label className="check">
        <input type="checkbox" name="quote_history" defaultChecked={mailbox?.quote_history ?? false} />
        Replies quote what was said before
      </label>
      <label className="check">
        <input type="checkbox" name="sent_copy" defaultChecked={mailbox?.sent_copy ?? false} />
        Keep a copy in the Sent folder (Gmail and Microsoft do that by themselves)
      </label>
      <div className="pair">
        <label>
          DKIM domain
          <input name="dkim_domain" defaultValue={mailbox?.dkim_domain ?? ""} placeholder="The address's" />
        </label>
        <label>
          DKIM selector
          <input name="dkim_selector" defaultValue={mailbox?.dkim_selector ?? ""} placeholder="helpdesk" />
        </label>
      </div>
      <label>
        DKIM private key
        <textarea
          name="dkim_private_key"
          rows={2}
          autoComplete="off"
          placeholder={mailbox?.dkim ? "A key is kept. Leave empty to keep it" : "PEM, only where the mail server does not sign itself"}
        />
      </label>
    </>
  );
}

function SignIn({ mailbox }: { mailbox: Mailbox | null }) {
  const [way, setWay] = useState(mailbox?.sign_in ?? "password");
  const kept = mailbox !== null && mailbox.sign_in !== "oauth";
  return (
    <>
      <div className="pair">
        <label>
          User name
          <input name="user" autoComplete="off" defaultValue={mailbox?.user} placeholder="Same as the address" />
        </label>
        <label>
          Signs in by
          <select name="sign_in" value={way} onChange={(event) => setWay(event.target.value as typeof way)}>
            <option value="password">Password</option>
            <option value="oauth">OAuth (Google, Microsoft)</option>
          </select>
        </label>
      </div>
      {way === "oauth" ? (
        <p>
          Once it is kept, run <code>helpdesk mail authorize {mailbox?.address ?? "ADDRESS"}</code> where Helpdesk runs, and sign in there.
        </p>
      ) : (
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete="new-password"
            required={!kept}
            placeholder={kept ? "Leave empty to keep it" : "An app password, where there is one"}
          />
        </label>
      )}
    </>
  );
}

/** Both servers are tried by the gateway before anything is kept; what they say is the form's error. */
export function MailboxForm({ mailbox, teams, close }: { mailbox: Mailbox | null; teams: Team[]; close: () => void }) {
  return (
    <FormModal
      title={mailbox ? mailbox.address : "New mailbox"}
      verb={mailbox ? "Test and save" : "Test and add"}
      working="Signing in to both servers…"
      close={close}
      save={(value, all) =>
        keepMailbox(mailbox?.id ?? null, {
          ...(mailbox ? {} : { address: value("address") }),
          user: value("user") || value("address") || mailbox?.user,
          sign_in: value("sign_in") as NonNullable<MailboxInput["sign_in"]>,
          ...(value("password") ? { password: value("password") } : {}),
          imap_host: value("imap_host"),
          imap_port: Number(value("imap_port")),
          imap_security: value("imap_security") as Security,
          smtp_host: value("smtp_host"),
          smtp_port: Number(value("smtp_port")),
          smtp_security: value("smtp_security") as Security,
          team_id: value("team_id") || null,
          signature: value("signature"),
          quote_history: all.has("quote_history"),
          csat: value("csat") as NonNullable<MailboxInput["csat"]>,
          sent_copy: all.has("sent_copy"),
          null_sender: all.has("null_sender"),
          dkim_domain: value("dkim_domain"),
          dkim_selector: value("dkim_selector"),
          ...(value("dkim_private_key") ? { dkim_private_key: value("dkim_private_key") } : {}),
          plus_addressing: all.has("plus_addressing"),
          after_storing: value("after_storing") as NonNullable<MailboxInput["after_storing"]>,
          move_to: value("move_to"),
          delete_settled: false,
          trusted_authserv_ids: value("trusted")
            .split(/[\s,;]+/)
            .filter(Boolean),
        })
      }
    >
      {!mailbox && (
        <label>
          Address customers write to
          <input name="address" type="email" required placeholder="support@company.com" />
        </label>
      )}
      <SignIn mailbox={mailbox} />
      <Server kind="imap" host={mailbox?.imap_host} port={mailbox?.imap_port ?? 993} security={mailbox?.imap_security ?? "tls"} />
      <Server kind="smtp" host={mailbox?.smtp_host} port={mailbox?.smtp_port ?? 587} security={mailbox?.smtp_security ?? "starttls"} />
      <label>
        New tickets go to
        <select name="team_id" defaultValue={mailbox?.team_id ?? ""}>
          <option value="">The team that the assistant chooses</option>
          {teams.map((team) => (
            <option key={team.id} value={team.id}>
              {team.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Verifies senders as
        <input name="trusted" defaultValue={mailbox?.trusted_authserv_ids.join(", ")} placeholder="mx.company.com" />
        <small>The name this server signs Authentication-Results with. The assistant answers only verified senders by itself.</small>
      </label>
      <label className="check">
        <input type="checkbox" name="plus_addressing" defaultChecked={mailbox?.plus_addressing ?? true} />
        The server delivers name+anything@ to name@
      </label>
      <div className="pair">
        <label>
          Once a mail is stored
          <select name="after_storing" defaultValue={mailbox?.delete_settled ? "delete" : (mailbox?.after_storing ?? "leave")}>
            <option value="leave">Leave it as it is</option>
            <option value="mark_read">Mark it read</option>
            <option value="move">Move it</option>
            <option value="delete">Delete it from the server</option>
          </select>
        </label>
        <label>
          Folder to move to
          <input name="move_to" defaultValue={mailbox?.move_to ?? "Processed"} />
        </label>
      </div>
      <Sending mailbox={mailbox} />
    </FormModal>
  );
}
