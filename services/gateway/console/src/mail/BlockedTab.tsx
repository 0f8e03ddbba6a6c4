import { Ban, Plus } from "lucide-react";
import { useState } from "react";
import { reasonOf } from "@/api/http";
import { useMe } from "@/api/queries";
import { act } from "@/mail/act";
import { removeBlock, useBlocks } from "@/mail/api";
import { BlockForm } from "@/mail/BlockForm";
import { Empty, Failed } from "@/ui/controls";

export function BlockedTab() {
  const { data, error, refetch } = useBlocks();
  const { data: me } = useMe();
  const [adding, setAdding] = useState(false);
  const admin = me?.role === "admin";
  return (
    <>
      <div className="mail-filters">
        <p className="meta">Their mail opens no ticket.</p>
        {admin && (
          <button type="button" className="btn" onClick={() => setAdding(true)}>
            <Plus size={14} strokeWidth={1.75} /> Block
          </button>
        )}
      </div>
      {error && <Failed what="The block list could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.data.length === 0 && (
        <Empty icon={<Ban size={20} strokeWidth={1.75} />} title="Nobody is blocked">
          Block a sender from a parked mail, or name one here.
        </Empty>
      )}
      <div className="table">
        {data?.data.map((block) => (
          <div key={block.pattern} className="line" data-testid="block">
            <b>{block.pattern}</b>
            <span className="dim">{block.action === "drop" ? "only counted" : "parked"}</span>
            <span className="dim cut">{block.reason}</span>
            {admin && (
              <button
                type="button"
                className="btn end"
                aria-label={`Unblock ${block.pattern}`}
                onClick={() => void act(() => removeBlock(block.pattern), "Not unblocked")}
              >
                Unblock
              </button>
            )}
          </div>
        ))}
      </div>
      {adding && <BlockForm mail={null} close={() => setAdding(false)} />}
    </>
  );
}
