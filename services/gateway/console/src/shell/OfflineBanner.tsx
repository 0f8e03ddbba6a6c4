import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { live } from "@/live/live";
import { useLive } from "@/live/store";

const PATIENCE_MS = 2500;

/** Only after the line was up and stayed away for a moment: a blink is not worth a banner. */
export function OfflineBanner() {
  const lost = useLive((state) => state.everLive && state.connection !== "live");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  if (!shown) return null;
  return (
    <div className="offline" role="alert" data-testid="offline">
      <CloudOff size={14} strokeWidth={1.75} /> Not connected. What you see may be old; what you write is kept here.
      <button type="button" className="link" onClick={() => live.hurry()}>
        Connect now
      </button>
    </div>
  );
}
