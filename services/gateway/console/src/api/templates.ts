/** What the desk writes by itself. */
import { call } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { Page } from "@/api/types";

export type Template = components["schemas"]["TemplateView"];
type Words = { subject: string; body: string };
type Preview = components["schemas"]["TemplatePreview"];

export const templatesKey = ["templates"] as const;
const at = (id: string): string => `/templates/${encodeURIComponent(id)}`;

export const listTemplates = async (): Promise<Template[]> => (await call<Page<Template>>("GET", "/templates")).data.data;
export const keepTemplate = (id: string, words: Words) => call<Template>("PATCH", at(id), { body: words });
export const restoreTemplate = (id: string) => call<void>("DELETE", at(id));
export const previewTemplate = async (id: string, words: Words): Promise<Preview> =>
  (await call<Preview>("POST", `${at(id)}/preview`, { body: words })).data;
