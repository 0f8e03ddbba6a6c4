import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

interface Preferences {
  theme: Theme;
  density: Density;
  listWidth: number;
  context: boolean;
  /** The keys somebody chose, by those the desk came with. */
  keymap: Record<string, string>;
  setTheme: (theme: Theme) => void;
  setDensity: (density: Density) => void;
  setListWidth: (width: number) => void;
  setContext: (context: boolean) => void;
  setKeys: (was: string, is: string) => void;
}

export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: "system",
      density: "comfortable",
      listWidth: 364,
      context: true,
      keymap: {},
      setTheme: (theme) => set({ theme }),
      setDensity: (density) => set({ density }),
      setListWidth: (listWidth) => set({ listWidth: Math.round(Math.min(520, Math.max(300, listWidth))) }),
      setContext: (context) => set({ context }),
      setKeys: (was, is) => set(({ keymap: { [was]: _, ...rest } }) => ({ keymap: was === is ? rest : { ...rest, [was]: is } })),
    }),
    { name: "helpdesk.preferences" },
  ),
);

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

export function paintTheme(): void {
  const { theme, density } = usePreferences.getState();
  const dark = theme === "dark" || (theme === "system" && darkSystem.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.density = density;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#101114" : "#fafafc");
}

usePreferences.subscribe(paintTheme);
darkSystem.addEventListener("change", paintTheme);

export function toggleTheme(): void {
  const dark = document.documentElement.dataset.theme === "dark";
  usePreferences.getState().setTheme(dark ? "light" : "dark");
}
