import "@/styles/runs.css";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookOpen, CircleHelp } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ASK_AGAIN_MS, type Gap, getGaps, signalKeys } from "@/ai/signals";
import { cache } from "@/api/cache";
import { keepArticle } from "@/api/desk";
import { reasonOf } from "@/api/http";
import { useMe } from "@/api/queries";
import { Page } from "@/shell/Page";
import { Empty, Failed } from "@/ui/controls";

/** The draft is a person's to read, correct and keep; it stays a draft article until one publishes it. */
function Draft({ gap }: { gap: Gap }) {
  const [problem, setProblem] = useState<string | null>(null);
  const keep = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    try {
      await keepArticle(null, { title: String(given.get("title")), body: String(given.get("body")), status: "draft", from_gap: gap.id });
      await cache.invalidateQueries({ queryKey: signalKeys.gaps });
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <form className="form gap-draft" onSubmit={(event) => void keep(event)}>
      <label>
        Title
        <input name="title" required maxLength={200} defaultValue={gap.title} />
      </label>
      <label>
        Text
        <textarea
          name="body"
          rows={5}
          required
          defaultValue={gap.body}
          placeholder="Nobody has answered these yet: write what should be quoted to them."
        />
        {gap.body && <small>From what an agent answered. Take out what is about one customer.</small>}
      </label>
      {problem && <p className="problem">{problem}</p>}
      <button type="submit" className="btn p">
        Keep as draft article
      </button>
    </form>
  );
}

function GapBlock({ gap, may }: { gap: Gap; may: boolean }) {
  return (
    <section className="block" data-testid="gap" data-gap-id={gap.id}>
      <header>
        <h2>{gap.title || gap.words.join(" ")}</h2>
        <p className="meta">
          {gap.tickets.length} questions{gap.words.length > 0 && ` · in common: ${gap.words.join(", ")}`}
          {gap.hidden > 0 && ` · ${gap.hidden} more in other teams`}
        </p>
      </header>
      <div className="table">
        {gap.tickets.slice(0, 5).map((ticket) => (
          <Link key={ticket.id} className="line" to="/tickets/$ticket" params={{ ticket: ticket.number }}>
            <span className="cut">{ticket.subject}</span>
            <span className="dim end">{ticket.number}</span>
          </Link>
        ))}
      </div>
      {gap.article_id ? (
        <p className="replay-bar">
          <BookOpen size={14} strokeWidth={1.75} />
          <Link to="/knowledge/{-$article}" params={{ article: gap.article_id }} className="cite">
            Its article
          </Link>
        </p>
      ) : (
        may && <Draft gap={gap} />
      )}
    </section>
  );
}

export default function GapsPage() {
  const { data, error, refetch } = useQuery({ queryKey: signalKeys.gaps, queryFn: getGaps, staleTime: 0, refetchInterval: ASK_AGAIN_MS });
  const { data: me } = useMe();
  const may = me?.role === "admin" || me?.role === "lead";
  return (
    <Page
      title="Questions without an article"
      actions={
        <Link to="/knowledge/{-$article}" params={{ article: undefined }} className="btn">
          All articles
        </Link>
      }
    >
      {error && <Failed what="The gaps could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon={<CircleHelp size={20} strokeWidth={1.75} />} title="Every question found an article">
          Three questions alike that no article answers become a gap, with an article drafted from what agents answered.
        </Empty>
      )}
      {data?.map((gap) => (
        <GapBlock key={gap.id} gap={gap} may={may} />
      ))}
    </Page>
  );
}
