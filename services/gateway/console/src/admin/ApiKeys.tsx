import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { Block } from "@/admin/Block";
import { keys } from "@/api/cache";
import { newApiKey, revokeApiKey } from "@/api/desk";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { useAgents } from "@/api/queries";
import { Modal } from "@/commands/Modal";
import { fullDate, stamp, useNow } from "@/ui/time";

/** Shown this once: the dialog stays until the key is copied or the person says so. */
function NewKey({ close }: { close: () => void }) {
  const { data: agents = [] } = useAgents();
  const [made, setMade] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const all = new FormData(event.currentTarget);
    try {
      setMade(await newApiKey(String(all.get("agent")), String(all.get("name")).trim()));
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <Modal title={made ? "Copy the key now" : "New API key"} className="form-modal" close={close}>
      <form className="form" onSubmit={submit}>
        {made ? (
          <>
            <label>
              Key
              <input readOnly value={made} data-testid="api-key" onFocus={(event) => event.target.select()} />
            </label>
            <p className="meta">Only its fingerprint is kept: nobody can show it again.</p>
          </>
        ) : (
          <div className="pair">
            <label>
              What it is for
              <input name="name" required maxLength={200} placeholder="Nightly export" />
            </label>
            <label>
              Acts as
              <select name="agent">
                {agents.map((agent) => (
                  <option key={agent.id} value={agent.id}>
                    {agent.name}
                  </option>
                ))}
              </select>
            </label>
          </div>
        )}
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="form-foot">
          {made ? (
            <button type="button" className="btn p" onClick={() => void navigator.clipboard.writeText(made).then(close)}>
              Copy and close
            </button>
          ) : (
            <button type="submit" className="btn p">
              Make key
            </button>
          )}
        </div>
      </form>
    </Modal>
  );
}

const revoke = (id: string) => revokeApiKey(id).catch((error) => toast.error("Not revoked", { description: reasonOf(error) }));

export function ApiKeyBlock() {
  const { data = [] } = useQuery({ queryKey: keys.apiKeys, queryFn: api.getApiKeys });
  const { data: agents = [] } = useAgents();
  const now = useNow();
  const [adding, setAdding] = useState(false);
  const held = data.filter((key) => !key.revoked_at);
  return (
    <Block title="API keys" hint="For scripts. A key may do what its agent may." add={() => setAdding(true)}>
      {held.length === 0 && <p className="meta pad">None. The whole API is described at /api/v1/docs.</p>}
      {held.map((key) => (
        <div key={key.id} className="line">
          <b>{key.name}</b>
          <span className="dim cut">{agents.find((agent) => agent.id === key.agent_id)?.name ?? "a former agent"}</span>
          <time className="end" dateTime={key.created_at} title={fullDate(key.created_at)}>
            {stamp(key.created_at, now)}
          </time>
          <button type="button" className="btn" aria-label={`Revoke ${key.name}`} onClick={() => void revoke(key.id)}>
            Revoke
          </button>
        </div>
      ))}
      {adding && <NewKey close={() => setAdding(false)} />}
    </Block>
  );
}
