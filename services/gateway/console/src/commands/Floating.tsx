import { Help } from "@/commands/Help";
import { Merge } from "@/commands/Merge";
import { NewTicket } from "@/commands/NewTicket";
import { Palette } from "@/commands/Palette";
import { Picker } from "@/commands/Picker";
import { useUi } from "@/commands/ui";
import { ViewForm } from "@/inbox/ViewForm";

/** Everything that floats, in one lazy chunk: none of it is needed for the first paint. */
export default function Floating() {
  const { palette, help, newTicket, merge, viewForm, pick } = useUi();
  return (
    <>
      {palette && <Palette />}
      {pick && <Picker key={pick.what} what={pick.what} near={pick.near} />}
      {help && <Help />}
      {newTicket && <NewTicket />}
      {viewForm && <ViewForm view={viewForm.view} />}
      {merge && <Merge ticket={merge} />}
    </>
  );
}
