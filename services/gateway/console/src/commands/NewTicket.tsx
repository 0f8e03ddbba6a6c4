import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { usePriorities, useTeams } from "@/api/queries";
import { Modal } from "@/commands/Modal";
import { useUi } from "@/commands/ui";
import { receiveTicket } from "@/inbox/ticketCache";

export function NewTicket() {
  const router = useRouter();
  const { data: teams } = useTeams();
  const priorities = usePriorities();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => useUi.getState().set({ newTicket: false });

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => String(form.get(name) ?? "").trim();
    setBusy(true);
    try {
      const input = { subject: value("subject"), body: value("body"), requester: value("requester"), priority: value("priority") };
      const { data, status } = await api.createTicket({ ...input, ...(value("team") ? { team_id: value("team") } : {}) });
      close();
      if (status !== 201 && status !== 200) return;
      receiveTicket(data);
      void router.navigate({ to: "/tickets/$ticket", params: { ticket: data.number } });
    } catch (error) {
      setProblem(reasonOf(error));
      setBusy(false);
    }
  };

  return (
    <Modal title="New ticket" className="form-modal" close={close}>
      <form className="form" onSubmit={submit}>
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
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="form-foot">
          <button type="button" className="btn" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="btn p" disabled={busy}>
            Open ticket
          </button>
        </div>
      </form>
    </Modal>
  );
}
