import { useRouter } from "@tanstack/react-router";
import * as api from "@/api/endpoints";
import { usePriorities, useTeams } from "@/api/queries";
import { useUi } from "@/commands/ui";
import { receiveTicket } from "@/inbox/ticketCache";
import { FormModal, type Values } from "@/ui/FormModal";

export function NewTicket() {
  const router = useRouter();
  const { data: teams } = useTeams();
  const priorities = usePriorities();
  const close = () => useUi.getState().set({ newTicket: false });
  const open = async (value: Values) => {
    const input = { subject: value("subject"), body: value("body"), requester: value("requester"), priority: value("priority") };
    const { data, status } = await api.createTicket({ ...input, ...(value("team") ? { team_id: value("team") } : {}) });
    if (status !== 201 && status !== 200) return;
    receiveTicket(data);
    void router.navigate({ to: "/tickets/$ticket", params: { ticket: data.number } });
  };

  return (
    <FormModal title="New ticket" verb="Open ticket" working="Opening…" save={open} close={close}>
      <label>
        Who asks
        <input name="requester" type="email" required placeholder="customer@example.org" />
      </label>
      <label>
        Subject
        <input name="subject" required maxLength={300} />
      </label>
      <label>
        What they said
        <textarea name="body" rows={6} required />
      </label>
      <div className="pair">
        <label>
          Priority
          <select name="priority" defaultValue="medium">
            {priorities.map((priority) => (
              <option key={priority.key} value={priority.key}>
                {priority.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Team
          <select name="team" defaultValue="">
            <option value="">Let the assistant choose</option>
            {teams?.map((team) => (
              <option key={team.id} value={team.id}>
                {team.name}
              </option>
            ))}
          </select>
        </label>
      </div>
    </FormModal>
  );
}
