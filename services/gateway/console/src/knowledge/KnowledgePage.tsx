import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, BookOpen, Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import { useArticles, useMe } from "@/api/queries";
import type { Article } from "@/api/types";
import { ArticleForm } from "@/knowledge/ArticleForm";
import { Record } from "@/knowledge/Record";
import { MenuButton } from "@/shell/MenuButton";
import { PlainText } from "@/ticket/Body";
import { Empty, Failed, IconButton, useSlow } from "@/ui/controls";
import { ago, useNow } from "@/ui/time";

function Reader({ id, edit }: { id: string; edit?: (article: Article) => void }) {
  const { data: article, error, refetch } = useQuery({ queryKey: keys.article(id), queryFn: () => api.getArticle(id) });
  const now = useNow();
  if (error) return <Failed what="The article could not be read" reason={reasonOf(error)} retry={() => void refetch()} />;
  if (!article) return null;
  return (
    <article className="article" data-testid="article">
      <h1>{article.title}</h1>
      <p className="meta">
        {[article.category, `version ${article.article_version}`, article.updated_at && `changed ${ago(article.updated_at, now)}`]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <PlainText text={article.body} />
      <Record article={id} />
      {edit && (
        <button type="button" className="btn" onClick={() => edit(article)}>
          <Pencil size={14} strokeWidth={1.75} /> Edit
        </button>
      )}
    </article>
  );
}

export default function KnowledgePage() {
  const { article: opened } = useParams({ strict: false }) as { article?: string };
  const { data, isPending, error, refetch } = useArticles();
  const slow = useSlow(isPending);
  const { data: me } = useMe();
  const may = me?.role === "admin" || me?.role === "lead";
  const [editing, setEditing] = useState<{ article: Article | null } | null>(null);
  return (
    <div className={`inbox two ${opened ? "has-ticket" : ""}`}>
      <section className="list" aria-label="Articles">
        <div className="head">
          <MenuButton />
          <h2>Knowledge</h2>
          <span className="n">{data?.length}</span>
          <div className="r">
            <Link to="/knowledge/gaps" className="btn quiet-btn" title="Questions without an article">
              Gaps
            </Link>
            {may && (
              <IconButton label="New article" onClick={() => setEditing({ article: null })}>
                <Plus size={16} strokeWidth={1.75} />
              </IconButton>
            )}
          </div>
        </div>
        <div className="rows">
          {slow && <p className="meta pad">Reading…</p>}
          {error && <Failed what="The articles could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
          {data?.map((article) => (
            <Link
              key={article.id}
              to="/knowledge/{-$article}"
              params={{ article: article.id }}
              className={`row article-row ${article.id === opened ? "sel" : ""}`}
            >
              <BookOpen size={14} strokeWidth={1.75} className="st" />
              <span className="who">{article.title}</span>
              <span className="l2 sn-only">{article.body.slice(0, 120)}</span>
            </Link>
          ))}
        </div>
      </section>
      <main className="pane">
        {opened ? (
          <>
            <div className="head only-small">
              <Link to="/knowledge/{-$article}" params={{ article: undefined }} className="ib" aria-label="Back to the articles">
                <ArrowLeft size={16} strokeWidth={1.75} />
              </Link>
            </div>
            <div className="article-scroll">
              <Reader id={opened} edit={may ? (article) => setEditing({ article }) : undefined} />
            </div>
          </>
        ) : (
          <div className="nothing pane">
            <Empty icon={<BookOpen size={20} strokeWidth={1.75} />} title="What the assistant may quote">
              Open an article to read it. Drafts quote these texts word for word and name the version.
            </Empty>
          </div>
        )}
      </main>
      {editing && <ArticleForm article={editing.article} close={() => setEditing(null)} />}
    </div>
  );
}
