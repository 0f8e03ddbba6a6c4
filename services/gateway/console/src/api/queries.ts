import { useQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { isStatus } from "@/api/http";
import type { Agent, Priority } from "@/api/types";

const DEFAULT_PRIORITIES: Priority[] = [
  { key: "critical", name: "Critical", order: 0 },
  { key: "high", name: "High", order: 1 },
  { key: "medium", name: "Medium", order: 2 },
  { key: "low", name: "Low", order: 3 },
];

/** null means signed out, undefined not known yet. */
export function useMe() {
  return useQuery({
    queryKey: keys.me,
    queryFn: async (): Promise<Agent | null> => {
      try {
        return await api.getMe();
      } catch (error) {
        if (isStatus(error, 401)) return null;
        throw error;
      }
    },
  });
}

export const useAgents = () => useQuery({ queryKey: keys.agents, queryFn: api.getAgents });
export const useTeams = () => useQuery({ queryKey: keys.teams, queryFn: api.getTeams });
export const useMailboxes = () => useQuery({ queryKey: keys.mailboxes, queryFn: api.getMailboxes, refetchInterval: 10_000 });
export const useSettings = () => useQuery({ queryKey: keys.settings, queryFn: api.getSettings });
export const useArticles = (wanted = true) => useQuery({ queryKey: keys.articles, queryFn: api.getArticles, enabled: wanted });
export const useMacros = (wanted = true) => useQuery({ queryKey: keys.macros, queryFn: api.getMacros, enabled: wanted });
export const useSlas = () => useQuery({ queryKey: keys.slas, queryFn: api.getSlas });

/** The desk's own priorities, the most urgent first. */
export function usePriorities(): Priority[] {
  const { data } = useQuery({ queryKey: keys.priorities, queryFn: api.getPriorities });
  return data?.length ? [...data].sort((a, b) => a.order - b.order) : DEFAULT_PRIORITIES;
}
