import { useRouter } from "@tanstack/react-router";
import { cache, keys } from "@/api/cache";
import { useAgents, usePriorities, useTeams } from "@/api/queries";
import type { Status } from "@/api/types";
import { useUi } from "@/commands/ui";
import { type SavedView, savedKey, useSavedViews } from "@/inbox/savedViews";
import { STATUS_NAMES } from "@/ticket/actions";
import { FormModal } from "@/ui/FormModal";

const OPEN: Status[] = ["open", "replied", "on_hold"];

interface BoxesProps {
  legend: string;
  name: string;
  options: readonly (readonly [string, string])[];
  chosen: readonly string[];
}

function Boxes({ legend, name, options, chosen }: BoxesProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map(([key, words]) => (
        <label key={key} className="check">
          <input type="checkbox" name={name} value={key} defaultChecked={chosen.includes(key)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** One's own list: saved under a name, in the sidebar beside the others. */
export function ViewForm({ view }: { view: SavedView | null }) {
  const router = useRouter();
  const { data: agents = [] } = useAgents();
  const { data: teams = [] } = useTeams();
  const priorities = usePriorities();
  const { keep, remove } = useSavedViews.getState();
  const close = () => useUi.getState().set({ viewForm: null });
  const show = (key: string) => router.navigate({ to: "/inbox/$view/{-$ticket}", params: { view: key, ticket: undefined } });
  return (
    <FormModal
      title={view ? view.name : "New view"}
      verb={view ? "Save" : "Add view"}
      working="Saving…"
      close={close}
      remove={
        view
          ? async () => {
              remove(view.id);
              await show("inbox");
            }
          : undefined
      }
      save={async (value, all) => {
        const kept: SavedView = {
          id: view?.id ?? crypto.randomUUID(),
          name: value("name"),
          status: all.getAll("status").map(String) as Status[],
          priority: all.getAll("priority").map(String),
          team: value("team") || null,
          assignee: value("assignee") || null,
          tag: value("tag") || null,
          unread: all.has("unread"),
        };
        keep(kept);
        cache.removeQueries({ queryKey: keys.list(savedKey(kept)) });
        await show(savedKey(kept));
      }}
    >
      <label>
        Name
        <input name="name" required maxLength={60} defaultValue={view?.name} placeholder="Urgent and mine" />
      </label>
      <Boxes legend="Status" name="status" chosen={view?.status ?? OPEN} options={Object.entries(STATUS_NAMES)} />
      <Boxes
        legend="Priority, none for any"
        name="priority"
        chosen={view?.priority ?? []}
        options={priorities.map(({ key, name }) => [key, name] as const)}
      />
      <div className="pair">
        <label>
          Team
          <select name="team" defaultValue={view?.team ?? ""}>
            <option value="">Any</option>
            {teams.map((team) => (
              <option key={team.id} value={team.id}>
                {team.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Assignee
          <select name="assignee" defaultValue={view?.assignee ?? ""}>
            <option value="">Anybody</option>
            <option value="me">Me</option>
            <option value="none">Nobody</option>
            {agents.map((agent) => (
              <option key={agent.id} value={agent.id}>
                {agent.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label>
        Tag
        <input name="tag" maxLength={100} defaultValue={view?.tag ?? ""} placeholder="Any" />
      </label>
      <label className="check">
        <input type="checkbox" name="unread" defaultChecked={view?.unread} />
        Only where the customer wrote last
      </label>
    </FormModal>
  );
}
