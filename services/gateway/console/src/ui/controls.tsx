import * as Tip from "@radix-ui/react-tooltip";
import { type ButtonHTMLAttributes, type ReactElement, type ReactNode, useEffect, useState } from "react";
import { usePreferences } from "@/theme/preferences";

const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);
const NAMES: Record<string, string> = { mod: apple ? "⌘" : "Ctrl", shift: "⇧", enter: "↵", escape: "Esc" };

/** The keys a person chose for a command, or its own, as people see them: "mod+enter" becomes ⌘ ↵, "g i" becomes G I. */
export function Keys({ of }: { of: string }) {
  const keys = usePreferences((state) => state.keymap[of] ?? of);
  return (
    <span className="keys" aria-hidden="true">
      {keys.split(/[+ ]/).map((key) => (
        <kbd key={key}>{NAMES[key] ?? key.toUpperCase()}</kbd>
      ))}
    </span>
  );
}

interface TooltipProps {
  text: string;
  keys?: string;
  className?: string;
  children: ReactElement;
}

export function Tooltip({ text, keys, className = "", children }: TooltipProps) {
  return (
    <Tip.Root delayDuration={350}>
      <Tip.Trigger asChild>{children}</Tip.Trigger>
      <Tip.Portal>
        <Tip.Content className={`tip ${className}`} sideOffset={6} collisionPadding={8}>
          {text}
          {keys && <Keys of={keys} />}
        </Tip.Content>
      </Tip.Portal>
    </Tip.Root>
  );
}

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { label: string; keys?: string; children: ReactNode };

export function IconButton({ label, keys, children, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys}>
      <button type="button" className={`ib ${className ?? ""}`} aria-label={label} {...rest}>
        {children}
      </button>
    </Tooltip>
  );
}

/** True only once something took long enough to be noticed: a flash of skeleton is worse than none. */
export function useSlow(pending: boolean, ms = 150): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!pending) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), ms);
    return () => clearTimeout(timer);
  }, [pending, ms]);
  return pending && slow;
}

export function Empty({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-icon">{icon}</span>
      <h3>{title}</h3>
      <div>{children}</div>
    </div>
  );
}

export function Failed({ what, reason, retry }: { what: string; reason: string; retry: () => void }) {
  return (
    <div className="empty" role="alert">
      <h3>{what}</h3>
      <div>{reason}</div>
      <button type="button" className="btn" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
