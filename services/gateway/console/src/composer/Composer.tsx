import { AlarmClock, Send, Sparkles, StickyNote } from "lucide-react";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, lazy, Suspense, useLayoutEffect, useRef, useState } from "react";
import type { Attachment, Status, Ticket } from "@/api/types";
import { openPick } from "@/commands/ui";
import { useDraft, useDrafts } from "@/composer/drafts";
import { AttachButton, DraftFiles, useUpload } from "@/composer/Files";
import { isPicture, markOf } from "@/composer/pictures";
import { Recipients } from "@/composer/Recipients";
import { Rewrite } from "@/composer/Rewrite";
import { Stale } from "@/composer/Stale";
import { send } from "@/composer/send";
import { sayTyping } from "@/live/presence";
import { STATUS_NAMES } from "@/ticket/actions";
import { IconButton, Keys, Tooltip } from "@/ui/controls";

const sendWords = (status?: Status): string => (status ? `Send · ${STATUS_NAMES[status]}` : "Send and wait for reply");
/** The reader of dates comes with it, which the first page can do without. */
const SendLater = lazy(() => import("@/composer/SendLater").then((part) => ({ default: part.SendLater })));

const files = (data: DataTransfer): File[] => [...data.files];

export function Composer({ ticket }: { ticket: Ticket }) {
  const draft = useDraft(ticket.id);
  const edit = useDrafts((state) => state.edit);
  const { add, busy } = useUpload(ticket.id);
  const [later, setLater] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const note = draft.mode === "note";
  const text = note ? draft.note : draft.reply;
  const first = (ticket.requester.name || "the customer").split(" ")[0];

  // Grows with its text to half the height of the window (the CSS maximum), then scrolls.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  /** A picture that was pasted or dropped stands where the text was at that moment. */
  const place = (file: Attachment) => {
    if (note || !isPicture(file)) return;
    const at = field.current?.selectionStart ?? Number.POSITIVE_INFINITY;
    const said = useDrafts.getState().drafts[ticket.id]?.reply ?? "";
    edit(ticket.id, { reply: `${said.slice(0, at)}${markOf(file)}${said.slice(at)}` });
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = files(event.clipboardData);
    if (pasted.length === 0) return;
    event.preventDefault();
    void add(pasted, place);
  };
  /** At the start of a line a slash asks for a saved reply, an article or a name; inside a word it is a slash. */
  const onSlash = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: at, value } = event.currentTarget;
    if (event.key !== "/" || event.ctrlKey || event.metaKey || (at > 0 && value[at - 1] !== "\n")) return;
    event.preventDefault();
    openPick("insert");
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    void add(files(event.dataTransfer), place);
  };

  return (
    <section
      className={`comp ${note ? "is-note" : ""}`}
      data-testid="composer"
      aria-label="Answer"
      onDrop={onDrop}
      onDragOver={(event) => event.preventDefault()}
    >
      <Stale ticket={ticket} />
      <Recipients ticket={ticket} draft={draft} />
      <textarea
        ref={field}
        data-composer
        data-testid="composer-editor"
        aria-label={note ? "Internal note" : `Reply to ${ticket.requester.name}`}
        placeholder={note ? "Write a note for your colleagues" : `Write to ${first}, / for a saved reply`}
        value={text}
        rows={2}
        onChange={(event) => {
          edit(ticket.id, note ? { note: event.target.value } : { reply: event.target.value });
          sayTyping(ticket.id);
        }}
        onPaste={onPaste}
        onKeyDown={onSlash}
      />
      {draft.suggestion && !note && text && (
        <p className="from-ai">
          <Sparkles size={13} strokeWidth={1.75} /> Begun by the assistant. Read it before you send.
        </p>
      )}
      {!note && text.trim() && <Rewrite ticket={ticket.id} text={text} replace={(reply) => edit(ticket.id, { reply })} />}
      <DraftFiles ticket={ticket.id} />
      <div className="bar">
        <AttachButton add={(list) => void add(list)} busy={busy} />
        <span className="grow" />
        {!note && (
          <button
            type="button"
            className="quiet"
            title="What was said before stands below the reply"
            onClick={() => edit(ticket.id, { quote: draft.quote === undefined ? true : draft.quote ? false : undefined })}
          >
            Quoting: {draft.quote === undefined ? "as usual" : draft.quote ? "yes" : "no"}
          </button>
        )}
        {!note && (
          <IconButton label="Send later" disabled={!text.trim() || busy} onClick={() => setLater(true)}>
            <AlarmClock size={16} strokeWidth={1.75} />
          </IconButton>
        )}
        {!note && (
          <Tooltip text="Send and resolve" keys="mod+shift+enter">
            <button type="button" className="btn quiet-btn" disabled={!text.trim() || busy} onClick={() => void send(ticket, "resolved")}>
              Send · Resolve
            </button>
          </Tooltip>
        )}
        <button type="button" className="btn p" data-testid="send" disabled={!text.trim() || busy} onClick={() => void send(ticket)}>
          {note ? <StickyNote size={14} strokeWidth={1.75} /> : <Send size={14} strokeWidth={1.75} />}
          {note ? "Add note" : sendWords(draft.status)} <Keys of="mod+enter" />
        </button>
      </div>
      {later && (
        <Suspense fallback={null}>
          <SendLater ticket={ticket} close={() => setLater(false)} />
        </Suspense>
      )}
    </section>
  );
}
