import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Command } from "cmdk";
import { ArrowRight, Search } from "lucide-react";
import { useState } from "react";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import type { Ticket } from "@/api/types";
import { Modal } from "@/commands/Modal";
import { NoneFound } from "@/commands/NoneFound";
import { takeTypedAhead, useUi } from "@/commands/ui";
import { useFound } from "@/commands/useFound";
import { mergeInto } from "@/ticket/actions";
import { Keys } from "@/ui/controls";
import { StatusMark } from "@/ui/marks";

const close = () => useUi.getState().set({ merge: null });

/** The same customer's other tickets: what two mails about one thing most often became. */
function useOthers(ticket: Ticket): Ticket[] {
  const id = ticket.requester.id;
  const { data } = useQuery({
    queryKey: keys.customerTickets(id),
    queryFn: async () => (await api.listTickets({ requester: id }, null, 6)).data,
    retry: 1,
  });
  return data?.data ?? [];
}

function Confirm({ from, into, back }: { from: Ticket; into: Ticket; back: () => void }) {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const merge = async () => {
    setBusy(true);
    const done = await mergeInto(from, into);
    setBusy(false);
    if (!done) return;
    close();
    void router.navigate({ to: "/tickets/$ticket", params: { ticket: into.number } });
  };
  return (
    <form
      className="form merge"
      onSubmit={(event) => {
        event.preventDefault();
        void merge();
      }}
    >
      <div className="merge-way">
        <p>
          <small>{from.number}</small>
          {from.subject}
        </p>
        <ArrowRight size={16} strokeWidth={1.75} />
        <p>
          <small>{into.number}</small>
          {into.subject}
        </p>
      </div>
      <p className="meta">
        Every message moves to {into.number}, and {from.number} closes. Mail that answers either of them goes to {into.number} from then on.
      </p>
      <div className="form-foot">
        <button type="button" className="btn" onClick={back}>
          Another ticket
        </button>
        {/* biome-ignore lint/a11y/noAutofocus: the dialog has just been asked for, and Enter confirms it */}
        <button type="submit" className="btn p" disabled={busy} autoFocus data-testid="merge-confirm">
          {busy ? "Merging…" : "Merge"} <Keys of="enter" />
        </button>
      </div>
    </form>
  );
}

export function Merge({ ticket }: { ticket: Ticket }) {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState("");
  const [into, setInto] = useState<Ticket | null>(null);
  const found = useFound(query);
  const others = useOthers(ticket);
  const words = query.trim().toLowerCase();
  // The customer's own tickets at once, what search finds when it comes.
  const near = others.filter((each) => `${each.number} ${each.subject}`.toLowerCase().includes(words));
  const all = [...near, ...found.filter((each) => !near.some((other) => other.id === each.id))];
  const offered = all.filter((each) => each.id !== ticket.id && !each.merged_into);
  // What search finds comes later than the key that asked for it: Enter then means the first.
  const marked = offered.some((each) => each.id === chosen) ? chosen : (offered[0]?.id ?? "");
  const title = `Merge ${ticket.number} into…`;
  if (into)
    return (
      <Modal title="Merge these two tickets?" className="form-modal" close={close}>
        <Confirm from={ticket} into={into} back={() => setInto(null)} />
      </Modal>
    );
  return (
    <Modal title={title} className="palette" close={close} bare>
      <Command label={title} shouldFilter={false} value={marked} onValueChange={setChosen} loop disablePointerSelection>
        <div className="palette-input">
          <Search size={16} strokeWidth={1.75} />
          <Command.Input
            value={query}
            onValueChange={setQuery}
            onFocus={() => setQuery((typed) => typed + takeTypedAhead())}
            placeholder={`${title} number, subject or customer`}
          />
        </div>
        <Command.List>
          <NoneFound>
            {query ? "Nothing found. Try a number or a word of the subject." : "Type a number or a word of the subject."}
          </NoneFound>
          {offered.length > 0 && (
            <Command.Group heading={words.length < 2 ? `Other tickets of ${ticket.requester.name}` : "Tickets"}>
              {offered.map((each) => (
                <Command.Item key={each.id} value={each.id} onSelect={() => setInto(each)}>
                  <StatusMark status={each.status} />
                  <span className="cut">{each.subject}</span>
                  <small>{each.number}</small>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Modal>
  );
}
