import { keepArticle } from "@/api/desk";
import type { Article } from "@/api/types";
import { FormModal } from "@/ui/FormModal";

export function ArticleForm({ article, close }: { article: Article | null; close: () => void }) {
  return (
    <FormModal
      title={article ? "Edit article" : "New article"}
      verb={article ? "Save as new version" : "Add article"}
      working="Saving…"
      close={close}
      save={(value) =>
        keepArticle(article?.id ?? null, {
          title: value("title"),
          body: value("body"),
          category: value("category"),
          audience: value("audience") as Article["audience"],
          status: value("status") as Article["status"],
        })
      }
    >
      <label>
        Title
        <input name="title" required maxLength={200} defaultValue={article?.title} placeholder="How refunds work" />
      </label>
      <label>
        Text
        <textarea
          name="body"
          rows={10}
          required
          defaultValue={article?.body}
          placeholder="Short paragraphs, one answer each: drafts quote them word for word."
        />
      </label>
      <div className="three">
        <label>
          Category
          <input name="category" maxLength={200} defaultValue={article?.category} />
        </label>
        <label>
          Readers
          <select name="audience" defaultValue={article?.audience ?? "public"}>
            <option value="public">Everybody</option>
            <option value="agents">Agents only</option>
          </select>
        </label>
        <label>
          State
          <select name="status" defaultValue={article?.status ?? "published"}>
            <option value="published">Published</option>
            <option value="draft">Draft</option>
          </select>
        </label>
      </div>
    </FormModal>
  );
}
