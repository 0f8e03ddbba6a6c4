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

export function Modal({ title, className, style, close, children, bare }: Props) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className={bare ? "overlay clear" : "overlay"} />
        <Dialog.Content className={`modal ${className ?? ""}`} style={style} aria-describedby={undefined}>
          <Dialog.Title className={bare ? "sr" : "modal-title"}>{title}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
