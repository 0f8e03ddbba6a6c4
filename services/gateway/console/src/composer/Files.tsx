import { Paperclip, X } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Attachment } from "@/api/types";
import { useDrafts } from "@/composer/drafts";
import { IconButton } from "@/ui/controls";
import { size } from "@/ui/time";

/** Uploads one after the other; what is up already stays even if a later file fails. */
export function useUpload(ticket: string) {
  const [busy, setBusy] = useState(0);
  const add = async (files: Iterable<File>, taken: (file: Attachment) => void = () => undefined) => {
    for (const file of files) {
      setBusy((count) => count + 1);
      try {
        const kept = await api.upload(file);
        const present = useDrafts.getState().drafts[ticket]?.attachments ?? [];
        useDrafts.getState().edit(ticket, { attachments: [...present, kept] });
        taken(kept);
      } catch (error) {
        toast.error(`${file.name} was not uploaded`, { description: reasonOf(error) });
      } finally {
        setBusy((count) => count - 1);
      }
    }
  };
  return { add, busy: busy > 0 };
}

export function AttachButton({ add, busy }: { add: (files: Iterable<File>) => void; busy: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input ref={input} type="file" multiple hidden data-testid="attach" onChange={(event) => add([...(event.target.files ?? [])])} />
      <IconButton label={busy ? "Uploading…" : "Attach files"} disabled={busy} onClick={() => input.current?.click()}>
        <Paperclip size={16} strokeWidth={1.75} />
      </IconButton>
    </>
  );
}

export function DraftFiles({ ticket }: { ticket: string }) {
  const files = useDrafts((state) => state.drafts[ticket]?.attachments);
  const edit = useDrafts((state) => state.edit);
  if (!files?.length) return null;
  return (
    <div className="files draft-files">
      {files.map((file) => (
        <span className="file" key={file.id}>
          <Paperclip size={14} strokeWidth={1.75} />
          <span>{file.name}</span>
          <small>{size(file.size)}</small>
          <button
            type="button"
            aria-label={`Remove ${file.name}`}
            onClick={() => edit(ticket, { attachments: files.filter((each) => each !== file) })}
          >
            <X size={14} strokeWidth={1.75} />
          </button>
        </span>
      ))}
    </div>
  );
}
