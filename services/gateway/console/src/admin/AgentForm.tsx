import { keepAgent, removeAgent } from "@/api/desk";
import type { Agent, Team } from "@/api/types";
import { FormModal } from "@/ui/FormModal";

const ROLES = [
  ["agent", "Agent: answers tickets"],
  ["lead", "Lead: an agent who also sees every team"],
  ["admin", "Admin: sets up the desk"],
  ["light", "Light: reads and writes notes"],
] as const;

export function AgentForm({ agent, teams, close }: { agent: Agent | null; teams: Team[]; close: () => void }) {
  return (
    <FormModal
      title={agent ? agent.name : "New agent"}
      verb={agent ? "Save" : "Add agent"}
      working="Saving…"
      close={close}
      remove={agent ? () => removeAgent(agent.id) : undefined}
      save={(value, all) =>
        keepAgent(agent?.id ?? null, {
          name: value("name"),
          signature: value("signature"),
          email: value("email"),
          role: value("role") as Agent["role"],
          teams: all.getAll("teams").map(String),
          ...(value("password") ? { password: value("password") } : {}),
        })
      }
    >
      <div className="pair">
        <label>
          Name
          <input name="name" required maxLength={200} defaultValue={agent?.name} />
        </label>
        <label>
          Mail address
          <input name="email" type="email" required defaultValue={agent?.email} />
        </label>
      </div>
      <label>
        Role
        <select name="role" defaultValue={agent?.role ?? "agent"}>
          {ROLES.map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {teams.length > 0 && (
        <fieldset>
          <legend>Teams</legend>
          {teams.map((team) => (
            <label key={team.id} className="check">
              <input type="checkbox" name="teams" value={team.id} defaultChecked={agent?.teams.some((each) => each.id === team.id)} />
              {team.name}
            </label>
          ))}
        </fieldset>
      )}
      <label>
        {agent ? "New password" : "Password"}
        <input
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={8}
          required={!agent}
          placeholder={agent ? "Leave empty to keep the old one" : "At least 8 characters"}
        />
      </label>
      <label>
        Signature
        <textarea name="signature" rows={3} maxLength={10000} defaultValue={agent?.signature ?? ""} placeholder="Below every reply" />
      </label>
    </FormModal>
  );
}
