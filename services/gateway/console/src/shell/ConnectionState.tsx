import { useLive } from "@/live/store";

const WORDS = { live: "live", connecting: "connecting", lost: "reconnecting", refused: "signed out" } as const;

export function ConnectionState() {
  const connection = useLive((state) => state.connection);
  return (
    <small className={`connection ${connection}`} data-testid="connection" data-state={connection} role="status">
      <span>{WORDS[connection]}</span>
    </small>
  );
}
