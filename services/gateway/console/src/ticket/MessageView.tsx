import { Lock } from "lucide-react";
import { memo } from "react";
import type { Message } from "@/api/types";
import { ASSISTANT } from "@/composer/send";
import { Attachments } from "@/ticket/Attachments";
import { Body } from "@/ticket/Body";
import { DeliveryWords, UndoStrip } from "@/ticket/Delivery";
import { MessageFlags, MessageMenu } from "@/ticket/MessageFlags";
import { addressOf, authorOf, receiversOf } from "@/ticket/people";
import { Translation } from "@/ticket/Translation";
import { Waiting } from "@/ticket/Waiting";
import { Avatar } from "@/ui/marks";
import { fullDate, stamp, useNow } from "@/ui/time";

function Time({ message }: { message: Message }) {
  const now = useNow();
  return (
    <time dateTime={message.created_at} title={fullDate(message.created_at)}>
      {stamp(message.created_at, now)}
      <DeliveryWords message={message} />
    </time>
  );
}

function Note({ message }: { message: Message }) {
  const now = useNow();
  return (
    <article className="note" data-testid="message" data-kind="note" data-message-id={message.id}>
      <Lock size={14} strokeWidth={1.75} aria-label="Internal note" />
      <div>
        <b>{authorOf(message)}</b> <small title={fullDate(message.created_at)}>{stamp(message.created_at, now)}, only for agents</small>
        <Body message={message} />
        <Attachments files={message.attachments} />
      </div>
    </article>
  );
}

export const MessageView = memo(function MessageView({ message }: { message: Message }) {
  if (message.kind === "note") return <Note message={message} />;
  const name = authorOf(message);
  const ours = message.kind === "agent" || message.kind === "system";
  const receivers = receiversOf(message.to);
  const copied = receiversOf(message.cc);
  const unseen = receiversOf(message.bcc ?? []);
  const meta = ours ? receivers && `to ${receivers}` : addressOf(message);
  return (
    <article
      className={`msg ${message.kind} ${ours ? "ours" : ""} ${message.author?.id === ASSISTANT ? "machine" : ""}`}
      data-testid="message"
      data-kind={message.kind}
      data-message-id={message.id}
    >
      <Avatar name={name} />
      <div className="column">
        <div className="h">
          <b>{name}</b>
          <span className="meta">
            {meta}
            {copied && `, cc ${copied}`}
            {unseen && `, bcc ${unseen}`}
            {message.kind === "system" && " · automatic"}
            {message.author?.id === ASSISTANT && " · sent by the assistant itself"}
            {message.kind === "third_party" && " · not the requester"}
          </span>
          <Time message={message} />
          <MessageMenu message={message} />
        </div>
        <MessageFlags message={message} />
        <div className="b">
          <Body message={message} />
          {!ours && <Translation message={message} />}
          <Attachments files={message.attachments} />
          <UndoStrip message={message} />
          <Waiting message={message} />
        </div>
      </div>
    </article>
  );
});
