import { Command } from "cmdk";
import { AlarmClock } from "lucide-react";
import { useState } from "react";
import type { Ticket } from "@/api/types";
import { snoozeTimes } from "@/commands/choices";
import { Modal } from "@/commands/Modal";
import { NoneFound } from "@/commands/NoneFound";
import { sayTime } from "@/commands/sayTime";
import { readTime } from "@/commands/snoozeWords";
import { send } from "@/composer/send";

/** In the words that snoozing understands, too. If the customer writes first, the reply is held. */
export function SendLater({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const [query, setQuery] = useState("");
  const said = readTime(query, new Date());
  const at = (moment: Date) => {
    void send(ticket, undefined, moment);
    close();
  };
  return (
    <Modal title="Send later" className="picker" close={close} bare>
      <Command label="Send later" loop>
        <Command.Input value={query} onValueChange={setQuery} placeholder="tomorrow 9, in 3 hours, next monday" />
        <Command.List>
          {!said && <NoneFound>Try “tomorrow 9” or “in 3 hours”</NoneFound>}
          {snoozeTimes(new Date()).map(([words, moment]) => (
            <Command.Item key={words} value={words} onSelect={() => at(moment)}>
              <AlarmClock size={14} strokeWidth={1.75} />
              <span className="cut">{words.replace(/^./, (letter) => letter.toUpperCase())}</span>
            </Command.Item>
          ))}
          {said && (
            <Command.Item value={query} onSelect={() => at(said)}>
              <AlarmClock size={14} strokeWidth={1.75} /> {sayTime(said)}
            </Command.Item>
          )}
        </Command.List>
      </Command>
    </Modal>
  );
}
