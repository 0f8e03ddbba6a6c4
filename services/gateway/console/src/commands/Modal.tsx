import * as Dialog from "@radix-ui/react-dialog";
import type { CSSProperties, ReactNode } from "react";

interface Props {
  title: string;
  className?: string;
  style?: CSSProperties;
  close: () => void;
  children: ReactNode;
  bare?: boolean;
}

/** A dialog that is only read gets the focus itself: a ring around its text would point at nothing to do. */
function focusDialogToRead(event: Event): void {
  const dialog = event.target;
  if (!(dialog instanceof HTMLElement) || dialog.querySelector("input, textarea, select, button, a")) return;
  event.preventDefault();
  dialog.focus();
}

export function Modal({ title, className, style, close, children, bare }: Props) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className={bare ? "overlay clear" : "overlay"} />
        <Dialog.Content
          className={`modal ${className ?? ""}`}
          style={style}
          aria-describedby={undefined}
          onOpenAutoFocus={focusDialogToRead}
        >
          <Dialog.Title className={bare ? "sr" : "modal-title"}>{title}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
