import { useRouter } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useState } from "react";
import { contextOf } from "@/commands/context";
import { Modal } from "@/commands/Modal";
import { NoneFound } from "@/commands/NoneFound";
import { COMMANDS, type Command as Entry } from "@/commands/registry";
import { takeTypedAhead, useUi } from "@/commands/ui";
import { useFound } from "@/commands/useFound";
import { Keys } from "@/ui/controls";
import { StatusMark } from "@/ui/marks";

const SECTIONS = ["Ticket", "Go to", "Move", "Desk"] as const;
export function Palette() {
  const router = useRouter();
  const context = contextOf(router);
  const [query, setQuery] = useState("");
  const found = useFound(query);
  const close = () => useUi.getState().set({ palette: false });
  const offered = COMMANDS.filter((command) => command.id !== "palette" && command.id !== "back" && (command.when?.(context) ?? true));
  const run = (command: Entry) => {
    close();
    // After the dialog has given the focus back, or it would take it from what the command opens.
    setTimeout(() => command.run(context));
  };
  return (
    <Modal title="Search or run a command" className="palette" close={close} bare>
      <Command label="Search or run a command" loop disablePointerSelection>
        <div className="palette-input">
          <Search size={16} strokeWidth={1.75} />
          <Command.Input
            value={query}
            onValueChange={setQuery}
            onFocus={() => setQuery((typed) => typed + takeTypedAhead())}
            placeholder={context.ticket ? `Do something with ${context.ticket.number}, or search` : "Search or run"}
          />
        </div>
        <Command.List>
          <NoneFound>Nothing found. Try a name, a number or a word of the subject.</NoneFound>
          {found.length > 0 && (
            <Command.Group heading="Tickets">
              {found.map((ticket) => (
                <Command.Item
                  key={ticket.id}
                  value={`${query} ${ticket.number} ${ticket.subject}`}
                  onSelect={() => {
                    close();
                    void router.navigate({ to: "/tickets/$ticket", params: { ticket: ticket.number } });
                  }}
                >
                  <StatusMark status={ticket.status} />
                  <span className="cut">{ticket.subject}</span>
                  <small>{ticket.requester.name}</small>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {SECTIONS.map((section) => {
            const list = offered.filter((command) => command.section === section);
            if (list.length === 0) return null;
            return (
              <Command.Group key={section} heading={section}>
                {list.map((command) => (
                  <Command.Item key={command.id} value={`${command.title} ${command.id}`} onSelect={() => run(command)}>
                    <span>{command.title}</span>
                    {command.keys && <Keys of={command.keys} />}
                  </Command.Item>
                ))}
              </Command.Group>
            );
          })}
        </Command.List>
      </Command>
    </Modal>
  );
}
