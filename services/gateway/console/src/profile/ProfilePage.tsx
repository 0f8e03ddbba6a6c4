import { useState } from "react";
import { toast } from "sonner";
import { becomes, cache, keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { useMe } from "@/api/queries";
import type { Agent } from "@/api/types";
import { useUi } from "@/commands/ui";
import { live } from "@/live/live";
import { Page } from "@/shell/Page";
import { type Density, type Theme, usePreferences } from "@/theme/preferences";
import { Keys } from "@/ui/controls";
import { Avatar } from "@/ui/marks";

function Choice<T extends string>({
  label,
  value,
  options,
  set,
}: {
  label: string;
  value: T;
  options: readonly T[];
  set: (value: T) => void;
}) {
  return (
    <div className="line">
      <b>{label}</b>
      <fieldset className="segmented" aria-label={label}>
        {options.map((option) => (
          <button key={option} type="button" aria-pressed={option === value} onClick={() => set(option)}>
            {option.replace(/^./, (letter) => letter.toUpperCase())}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function Signature({ me }: { me: Agent }) {
  const keep = async (signature: string) => {
    if (signature === me.signature) return;
    try {
      const { data, status } = await api.patchMe({ signature });
      if (status === 200) cache.setQueryData(keys.me, data);
      toast("Signature kept");
    } catch (error) {
      toast.error("Signature not kept", { description: reasonOf(error) });
    }
  };
  return (
    <section className="block">
      <header>
        <h2>Signature</h2>
        <p className="meta">Below your replies, above your team's. Kept when you leave the field.</p>
      </header>
      <form className="form">
        <label>
          Your signature
          <textarea rows={3} maxLength={10000} defaultValue={me.signature} onBlur={(event) => void keep(event.target.value.trim())} />
        </label>
      </form>
    </section>
  );
}

const NOTICES: [NonNullable<Agent["notices"]>[number], string][] = [
  ["assigned", "Somebody assigns a ticket to me"],
  ["mentioned", "Somebody mentions me in a note"],
  ["customer_replied", "A customer answers on a ticket of mine"],
  ["sla_warned", "A target of a ticket of mine is close"],
  ["not_sent", "A reply of mine was held or could not be sent"],
];

function Notices({ me }: { me: Agent }) {
  const [chosen, setChosen] = useState(me.notices ?? []);
  const keep = async (notices: NonNullable<Agent["notices"]>) => {
    const before = chosen;
    setChosen(notices);
    try {
      const { data, status } = await api.patchMe({ notices });
      if (status === 200) cache.setQueryData(keys.me, data);
    } catch (error) {
      setChosen(before);
      toast.error("Not kept", { description: reasonOf(error) });
    }
  };
  return (
    <section className="block">
      <header>
        <h2>Told by mail</h2>
        <p className="meta">To {me.email}, never about what you did yourself. Your answer to such a mail goes to the ticket.</p>
      </header>
      <form className="form">
        {NOTICES.map(([kind, words]) => (
          <label key={kind} className="check">
            <input
              type="checkbox"
              checked={chosen.includes(kind)}
              onChange={(event) => void keep(event.target.checked ? [...chosen, kind] : chosen.filter((each) => each !== kind))}
            />
            {words}
          </label>
        ))}
      </form>
    </section>
  );
}

async function leave(): Promise<void> {
  // Whatever the server says, this screen must not stay open for the next person.
  await api.signOut().catch(() => undefined);
  live.stop();
  becomes(null);
}

export default function ProfilePage() {
  const { data: me } = useMe();
  const { theme, setTheme, density, setDensity } = usePreferences();
  if (!me) return null;
  return (
    <Page title="Profile">
      <section className="block">
        <div className="who-am-i">
          <Avatar name={me.name} px={40} />
          <div>
            <h2>{me.name}</h2>
            <p className="meta">
              {me.email} · {me.role} · {me.teams?.map((team) => team.name).join(", ")}
            </p>
          </div>
        </div>
      </section>
      <Signature me={me} />
      <Notices me={me} />
      <section className="block">
        <header>
          <h2>Appearance</h2>
          <p className="meta">Kept on this device.</p>
        </header>
        <div className="table">
          <Choice<Theme> label="Theme" value={theme} options={["system", "light", "dark"]} set={setTheme} />
          <Choice<Density> label="Density" value={density} options={["comfortable", "compact"]} set={setDensity} />
          <div className="line">
            <b>Keyboard</b>
            <button type="button" className="btn end" onClick={() => useUi.getState().set({ help: true })}>
              Show all keys <Keys of="?" />
            </button>
          </div>
        </div>
      </section>
      <button type="button" className="btn" data-testid="sign-out" onClick={() => void leave()}>
        Sign out
      </button>
    </Page>
  );
}
