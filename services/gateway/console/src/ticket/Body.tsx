import { useState } from "react";
import type { Attachment, Message } from "@/api/types";
import { HtmlBody, needsFrame } from "@/ticket/HtmlBody";

const LINK = /(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/g;

function Linked({ text }: { text: string }) {
  return text.split(LINK).map((part, at) =>
    at % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a sent text does not change
      <a key={`${at}-${part}`} href={part} target="_blank" rel="noopener noreferrer nofollow">
        {part}
      </a>
    ) : (
      part
    ),
  );
}

export function PlainText({ text }: { text: string }) {
  const paragraphs = text
    .replace(/\r\n/g, "\n")
    .trim()
    .split(/\n{2,}/);
  return paragraphs.map((paragraph, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a sent text does not change
    <p key={at} className="text">
      <Linked text={paragraph} />
    </p>
  ));
}

function Quoted({ html, files }: { html: string; files: Attachment[] }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="fold"
        aria-expanded={open}
        aria-label={open ? "Hide quoted text" : "Show quoted text"}
        onClick={() => setOpen(!open)}
      >
        ···
      </button>
      {open && (
        <div className="quoted">
          <HtmlBody html={html} title="Quoted text" files={files} />
        </div>
      )}
    </>
  );
}

export function Body({ message }: { message: Message }) {
  const { body_html: html, body_text: text } = message;
  const framed = html && (needsFrame(html) || !text);
  return (
    <div data-testid="message-body">
      {framed ? <HtmlBody html={html} title="Message" files={message.attachments} /> : <PlainText text={text ?? ""} />}
      {message.quoted_html && <Quoted html={message.quoted_html} files={message.attachments} />}
    </div>
  );
}
