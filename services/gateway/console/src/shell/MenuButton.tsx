import { Menu } from "lucide-react";
import { useUi } from "@/commands/ui";

/** Opens the sidebar where there is no room to keep it. */
export function MenuButton() {
  return (
    <button type="button" className="ib only-narrow" aria-label="Open the menu" onClick={() => useUi.getState().set({ sidebar: true })}>
      <Menu size={16} strokeWidth={1.75} />
    </button>
  );
}
