import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Line } from "@/admin/Line";
import { cache } from "@/api/cache";
import { reasonOf } from "@/api/http";
import { keepTemplate, listTemplates, previewTemplate, restoreTemplate, type Template, templatesKey } from "@/api/templates";
import { PlainText } from "@/ticket/Body";
import { FormModal } from "@/ui/FormModal";

const NAMES: Record<string, string> = { confirmation: "Confirmation", csat: "How did we do?", agent_notice: "Notice to an agent" };
const LANGUAGES: Record<string, string> = { en: "English", de: "German", fr: "French", es: "Spanish" };

/** One line per template; the languages it was changed in are named. */
export function TemplateLines({ admin }: { admin: boolean }) {
  const { data = [] } = useQuery({ queryKey: templatesKey, queryFn: listTemplates });
  const [open, setOpen] = useState<string | null>(null);
  const names = [...new Set(data.map((each) => each.name))];
  const changed = (name: string) => data.filter((each) => each.name === name && each.own).map((each) => LANGUAGES[each.language]);
  return (
    <>
      {names.map((name) => (
        <Line key={name} name={NAMES[name] ?? name} edit={admin ? () => setOpen(name) : undefined}>
          <b>{NAMES[name] ?? name}</b>
          <span className="dim">{changed(name).length ? `Own words: ${changed(name).join(", ")}` : "As it came along"}</span>
        </Line>
      ))}
      {open && <TemplateForm templates={data.filter((each) => each.name === open)} close={() => setOpen(null)} />}
    </>
  );
}

function TemplateForm({ templates, close }: { templates: Template[]; close: () => void }) {
  const [language, setLanguage] = useState(templates[0]?.language ?? "en");
  const template = templates.find((each) => each.language === language);
  const [subject, setSubject] = useState(template?.subject ?? "");
  const [body, setBody] = useState(template?.body ?? "");
  if (!template) return null;
  const choose = (next: string) => {
    const found = templates.find((each) => each.language === next);
    setLanguage(next);
    setSubject(found?.subject ?? "");
    setBody(found?.body ?? "");
  };
  return (
    <FormModal
      title={NAMES[template.name] ?? template.name}
      verb="Save"
      working="Saving…"
      close={close}
      save={async () => {
        await keepTemplate(template.id, { subject, body });
        await cache.invalidateQueries({ queryKey: templatesKey });
      }}
    >
      <label>
        Language
        <select value={language} onChange={(event) => choose(event.target.value)}>
          {templates.map((each) => (
            <option key={each.id} value={each.language}>
              {LANGUAGES[each.language] ?? each.language}
            </option>
          ))}
        </select>
      </label>
      <label>
        Subject
        <input value={subject} required maxLength={2000} onChange={(event) => setSubject(event.target.value)} />
      </label>
      <label>
        Text
        <textarea rows={8} value={body} required maxLength={20000} onChange={(event) => setBody(event.target.value)} />
        <small>{template.fields.map((field) => `{{${field}}}`).join(" ")}. Nothing that a customer wrote can be filled in.</small>
      </label>
      <Preview id={template.id} subject={subject} body={body} />
      {template.own && (
        <button
          type="button"
          className="link"
          onClick={() =>
            void restoreTemplate(template.id)
              .then(() => cache.invalidateQueries({ queryKey: templatesKey }))
              .then(close)
          }
        >
          Back to the words that came along
        </button>
      )}
    </FormModal>
  );
}

const PAUSE_MS = 250;

function Preview({ id, subject, body }: { id: string; subject: string; body: string }) {
  const [words, setWords] = useState({ subject, body });
  useEffect(() => {
    const timer = setTimeout(() => setWords({ subject, body }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [subject, body]);
  const { data, error } = useQuery({
    queryKey: [...templatesKey, id, words],
    queryFn: () => previewTemplate(id, words),
    enabled: words.subject !== "",
    retry: false,
  });
  if (error) return <p className="problem">{reasonOf(error)}</p>;
  return (
    <section className="quoted" data-testid="template-preview" aria-label="Preview">
      <b>{data?.subject}</b>
      <iframe className="letter" title="Preview of the mail" sandbox="" srcDoc={data?.html ?? ""} />
      <details>
        <summary>As plain text</summary>
        <PlainText text={data?.text ?? ""} />
      </details>
    </section>
  );
}
