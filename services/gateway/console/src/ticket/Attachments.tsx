import { Download, File, FileArchive, FileText, Image, Sheet } from "lucide-react";
import type { Attachment } from "@/api/types";
import { size } from "@/ui/time";

function iconOf(type: string) {
  if (type.startsWith("image/")) return Image;
  if (/pdf|text|word|document/.test(type)) return FileText;
  if (/zip|tar|gzip|compressed/.test(type)) return FileArchive;
  if (/sheet|csv|excel/.test(type)) return Sheet;
  return File;
}

const PREVIEWED = /^image\/(png|jpe?g|gif|webp)$/;

export function Attachments({ files }: { files: Attachment[] }) {
  const shown = files.filter((file) => !file.inline);
  if (shown.length === 0) return null;
  return (
    <div className="files">
      {shown.map((file) => {
        const Icon = iconOf(file.type);
        const href = `/api/v1/attachments/${file.id}`;
        return (
          <a key={file.id} className="file" href={href} download={file.name} title={`Download ${file.name}`}>
            {PREVIEWED.test(file.type) ? <img src={href} alt="" loading="lazy" /> : <Icon size={16} strokeWidth={1.75} />}
            <span>{file.name}</span>
            <small>{size(file.size)}</small>
            <Download size={14} strokeWidth={1.75} className="get" />
          </a>
        );
      })}
    </div>
  );
}
