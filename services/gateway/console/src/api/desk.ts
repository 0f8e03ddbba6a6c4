/** Setting up a desk: what only admins change. */
import { cache, keys } from "@/api/cache";
import { call } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { Agent, Article, DeskSettings, Macro, Mailbox, Priority, SlaTargets, Team } from "@/api/types";

type Input = components["schemas"];
export type TeamInput = Partial<Input["TeamInput"]>;
export type AgentInput = Partial<Input["AgentInput"]>;
export type MailboxInput = Partial<Input["MailboxInput"]>;
export type SettingsInput = Partial<Input["SettingsInput"]>;
export type MacroInput = Partial<Input["MacroInput"]>;
export type PriorityInput = Partial<Input["PriorityInput"]>;
export type SlaInput = Partial<Input["SlaInput"]>;
export type ArticleInput = Partial<Input["ArticleInput"]>;

/** Adds (no id) or changes one entry, and shows the answer in the list that the page reads. */
async function keep<T extends { id: string }>(path: string, key: readonly string[], id: string | null, body: object): Promise<void> {
  const { data, status } = id
    ? await call<T>("PATCH", `${path}/${encodeURIComponent(id)}`, { body })
    : await call<T>("POST", path, { body });
  if (status === 202 || !data?.id) await cache.invalidateQueries({ queryKey: key });
  else
    cache.setQueryData<T[]>(key, (list) => {
      const at = list?.findIndex((each) => each.id === data.id) ?? -1;
      if (!list) return list;
      return at < 0 ? [...list, data] : list.with(at, { ...list[at], ...data });
    });
}

export const keepTeam = (id: string | null, input: TeamInput) => keep<Team>("/teams", keys.teams, id, input);
export const keepAgent = (id: string | null, input: AgentInput) => keep<Agent>("/agents", keys.agents, id, input);
export const keepMailbox = (id: string | null, input: MailboxInput) => keep<Mailbox>("/mailboxes", keys.mailboxes, id, input);

export const keepMacro = (id: string | null, input: MacroInput) => keep<Macro>("/macros", keys.macros, id, input);
export const keepPriority = (key: string, input: PriorityInput) =>
  keep<Priority & { id: string }>("/priorities", keys.priorities, key, input);
export const keepSla = (id: string, input: SlaInput) => keep<SlaTargets>("/slas", keys.slas, id, input);

async function remove(path: string, key: readonly string[], id: string): Promise<void> {
  await call<void>("DELETE", `${path}/${encodeURIComponent(id)}`);
  cache.setQueryData<{ id: string }[]>(key, (list) => list?.filter((each) => each.id !== id));
}

export const removeMacro = (id: string) => remove("/macros", keys.macros, id);
export const removeTeam = (id: string) => remove("/teams", keys.teams, id);
export const removeAgent = (id: string) => remove("/agents", keys.agents, id);
export const removeArticle = (id: string) => remove("/articles", keys.articles, id);

/** The key itself, which the server tells only this once. */
export async function newApiKey(agent: string, name: string): Promise<string> {
  const { data } = await call<{ id: string; key: string }>("POST", "/keys", { body: { agent_id: agent, name } });
  await cache.invalidateQueries({ queryKey: keys.apiKeys });
  return data.key;
}

export async function revokeApiKey(id: string): Promise<void> {
  await call<void>("DELETE", `/keys/${id}`);
  await cache.invalidateQueries({ queryKey: keys.apiKeys });
}

export async function keepArticle(id: string | null, input: ArticleInput): Promise<void> {
  await keep<Article>("/articles", keys.articles, id, input);
  if (id) await cache.invalidateQueries({ queryKey: keys.article(id) });
}

export async function keepSettings(input: SettingsInput): Promise<void> {
  const { data, status } = await call<DeskSettings>("PATCH", "/settings", { body: input });
  if (status === 202) await cache.invalidateQueries({ queryKey: keys.settings });
  else cache.setQueryData<DeskSettings>(keys.settings, (known) => ({ ...known, ...data }));
}
