import { Modal } from "@/commands/Modal";
import { COMMANDS } from "@/commands/registry";
import { useUi } from "@/commands/ui";
import { Keys } from "@/ui/controls";

const SECTIONS = ["Ticket", "Move", "Go to", "Desk"] as const;

export function Help() {
  return (
    <Modal title="Keyboard shortcuts" className="help" close={() => useUi.getState().set({ help: false })}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section className="help-columns" aria-label="Keys" tabIndex={0}>
        {SECTIONS.map((section) => (
          <section key={section}>
            <h3>{section}</h3>
            {COMMANDS.filter((command) => command.section === section && command.keys).map((command) => (
              <div key={command.id} className="help-row">
                <span>{command.title}</span>
                <Keys of={command.keys ?? ""} />
              </div>
            ))}
          </section>
        ))}
      </section>
    </Modal>
  );
}
