import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, RotateCw, Scale } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { reasonOf } from "@/api/http";
import {
  getAccounts,
  getLedgerMails,
  type LedgerAccount,
  type LedgerMail,
  ledgerKeys,
  rawMail,
  reprocessMail,
  type Show,
} from "@/mail/ledgerApi";
import { Empty, Failed, IconButton } from "@/ui/controls";
import { More, Table } from "@/ui/Listing";
import { fullDate, stamp, useNow } from "@/ui/time";

const REFRESH_MS = 5000;
const OUTCOMES = ["ticketed", "parked", "dead", "waiting", "erased"] as const;
const COLUMNS = ["Mailbox", "Seen", "Stored", "Ticketed", "Parked", "Dead", "Waiting", "Erased", "Verdict"] as const;
const FIGURES = new Set<string>(COLUMNS.slice(1, -1));
const SHOWN: [Show, string][] = [
  ["differences", "Differences"],
  ["parked", "Parked"],
  ["ticketed", "Ticketed"],
  ["all", "All"],
];

function verdict(account: LedgerAccount): string {
  if (account.balanced) return "Balanced";
  const open = account.waiting + account.dead + account.unreadable + account.missing;
  return open === 1 ? "1 difference" : `${open} differences`;
}

function Account({ account, chosen, choose }: { account: LedgerAccount; chosen: boolean; choose: () => void }) {
  return (
    <tr data-testid="ledger-account" aria-current={chosen || undefined}>
      <td className="lead">
        <button type="button" className="link" onClick={choose}>
          {account.mailbox}
        </button>
      </td>
      <td className="num" data-name="seen">
        {account.seen}
      </td>
      <td className="num" data-name="stored">
        {account.stored}
      </td>
      {OUTCOMES.map((outcome) => (
        <td key={outcome} className="num" data-name={outcome}>
          {account[outcome]}
        </td>
      ))}
      <td className={account.balanced ? "" : "problem"}>{verdict(account)}</td>
    </tr>
  );
}

function MailLine({ mail, again }: { mail: LedgerMail; again: () => void }) {
  const now = useNow();
  return (
    <tr data-testid="ledger-mail" data-mail-id={mail.id}>
      <td title={fullDate(mail.received_at)}>{stamp(mail.received_at, now)}</td>
      <td className="cut lead" title={mail.place}>
        {mail.message_id || mail.place}
      </td>
      <td>
        {mail.topic}[{mail.partition}]@{mail.offset}
      </td>
      <td className={mail.outcome === "dead" || mail.outcome === "unreadable" ? "problem" : ""}>{mail.reason || mail.outcome}</td>
      <td>
        {mail.outcome !== "unreadable" && mail.outcome !== "erased" && (
          <span className="stack">
            <a className="ib" href={rawMail(mail.id)} download aria-label="Download the raw mail" title="Download the raw mail">
              <Download size={14} strokeWidth={1.75} />
            </a>
            {!mail.imported && (
              <IconButton label="Read the mail again" onClick={again}>
                <RotateCw size={14} strokeWidth={1.75} />
              </IconButton>
            )}
          </span>
        )}
      </td>
    </tr>
  );
}

function Mails({ mailbox, show }: { mailbox: string; show: Show }) {
  const client = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: ledgerKeys.mails(mailbox, show),
    queryFn: ({ pageParam }) => getLedgerMails(mailbox, show, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_MS,
    staleTime: 0,
  });
  const again = useMutation({
    mutationFn: reprocessMail,
    onSuccess: () => {
      toast("The mail is read again. What was settled stays as it is.");
      void client.invalidateQueries({ queryKey: ledgerKeys.accounts });
    },
    onError: (problem) => toast.error(reasonOf(problem)),
  });
  const { data, error, refetch } = pages;
  const mails = data?.pages.flatMap((page) => page.data) ?? [];
  if (error) return <Failed what="The mails could not be read" reason={reasonOf(error)} retry={() => void refetch()} />;
  if (data && mails.length === 0)
    return (
      <Empty icon={<Scale size={20} strokeWidth={1.75} />} title={show === "differences" ? "Nothing is missing" : "No mail like this"}>
        {show === "differences" ? "Every mail of this mailbox became a ticket or is parked." : "Choose another list to see more."}
      </Empty>
    );
  return (
    <>
      <Table label="Mails" columns={["Received", "Mail", "In the log", "Outcome", "Do"]}>
        {mails.map((mail) => (
          <MailLine key={mail.id} mail={mail} again={() => again.mutate(mail.id)} />
        ))}
      </Table>
      <More pages={pages} />
    </>
  );
}

export function LedgerTab() {
  const { data, error, refetch } = useQuery({
    queryKey: ledgerKeys.accounts,
    queryFn: getAccounts,
    refetchInterval: REFRESH_MS,
    staleTime: 0,
  });
  const [chosen, choose] = useState<string | null>(null);
  const [show, setShow] = useState<Show>("differences");
  const mailbox = chosen ?? data?.find((account) => !account.balanced)?.mailbox ?? data?.[0]?.mailbox;
  return (
    <div className="run-page">
      <p className="meta">
        Seen on the server = stored in the log = ticketed, parked, dead, waiting or erased. Kept by a consumer of its own.
      </p>
      {error && <Failed what="The ledger could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon={<Scale size={20} strokeWidth={1.75} />} title="No mail was read yet">
          The first mail of a mailbox opens its account here.
        </Empty>
      )}
      {data && data.length > 0 && (
        <Table label="Mailboxes" columns={COLUMNS} figures={FIGURES}>
          {data.map((account) => (
            <Account key={account.mailbox} account={account} chosen={account.mailbox === mailbox} choose={() => choose(account.mailbox)} />
          ))}
        </Table>
      )}
      {mailbox && (
        <>
          <div className="replay-bar">
            <select aria-label="Mails to list" value={show} onChange={({ target }) => setShow(target.value as Show)}>
              {SHOWN.map(([key, name]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
            <span className="meta">of {mailbox}</span>
          </div>
          <Mails mailbox={mailbox} show={show} />
        </>
      )}
    </div>
  );
}
