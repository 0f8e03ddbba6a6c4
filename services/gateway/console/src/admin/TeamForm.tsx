import { keepTeam, removeTeam } from "@/api/desk";
import type { Team } from "@/api/types";
import { FormModal } from "@/ui/FormModal";

export function TeamForm({ team, teams, close }: { team: Team | null; teams: Team[]; close: () => void }) {
  return (
    <FormModal
      title={team ? team.name : "New team"}
      verb={team ? "Save" : "Add team"}
      working="Saving…"
      close={close}
      remove={team ? () => removeTeam(team.id) : undefined}
      save={(value, all) =>
        keepTeam(team?.id ?? null, {
          name: value("name"),
          signature: value("signature"),
          description: value("description"),
          escalates_to: value("escalates_to") || null,
          round_robin: all.has("round_robin"),
        })
      }
    >
      <label>
        Name
        <input name="name" required maxLength={200} defaultValue={team?.name} placeholder="Billing" />
      </label>
      <label>
        What they do
        <textarea
          name="description"
          rows={3}
          maxLength={2000}
          defaultValue={team?.description}
          placeholder="Invoices, refunds, payment methods. The assistant routes by these words."
        />
      </label>
      <label>
        Escalates to
        <select name="escalates_to" defaultValue={team?.escalates_to ?? ""}>
          <option value="">Nobody</option>
          {teams
            .filter((each) => each.id !== team?.id)
            .map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
        </select>
      </label>
      <label className="check">
        <input type="checkbox" name="round_robin" defaultChecked={team?.round_robin ?? true} />
        Hand tickets out in turn
      </label>
      <label>
        Signature
        <textarea name="signature" rows={3} maxLength={10000} defaultValue={team?.signature ?? ""} placeholder="Below every reply" />
      </label>
    </FormModal>
  );
}
