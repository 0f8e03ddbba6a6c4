import { type FormEvent, type ReactNode, useState } from "react";
import { reasonOf } from "@/api/http";
import { Modal } from "@/commands/Modal";

/** What a form says, trimmed; "" where nothing was written. */
export type Values = (name: string) => string;

interface Props {
  title: string;
  /** The verb on the button, and what it says while it works. */
  verb: string;
  working: string;
  save: (values: Values, all: FormData) => Promise<void>;
  close: () => void;
  /** Deletes what the form is about; asked twice. */
  remove?: () => Promise<void>;
  children: ReactNode;
}

function Remove({ act }: { act: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <button type="button" className="btn danger" onClick={sure ? act : () => setSure(true)}>
      {sure ? "Really delete" : "Delete"}
    </button>
  );
}

/** A dialog that closes once its words are kept; a refusal is said in the dialog and costs no text. */
export function FormModal({ title, verb, working, save, close, remove, children }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      close();
    } catch (error) {
      setProblem(reasonOf(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const all = new FormData(event.currentTarget);
    void run(() => save((name) => String(all.get(name) ?? "").trim(), all));
  };
  return (
    <Modal title={title} className="form-modal" close={close}>
      <form className="form" onSubmit={submit}>
        {children}
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="form-foot">
          {remove && <Remove act={() => void run(remove)} />}
          <button type="button" className="btn" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="btn p" disabled={busy}>
            {busy ? working : verb}
          </button>
        </div>
      </form>
    </Modal>
  );
}
