import "@fontsource-variable/inter/wght.css";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/shell.css";
import "@/styles/inbox.css";
import "@/styles/ticket.css";
import "@/styles/floating.css";
import "@/styles/pages.css";
import "@/styles/mail.css";
import "@/styles/responsive.css";
import * as Tip from "@radix-ui/react-tooltip";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Toaster } from "sonner";
import { cache } from "@/api/cache";
import { router } from "@/router";
import { paintTheme } from "@/theme/preferences";

paintTheme();

const TOAST = { toast: "toast", title: "toast-title", description: "toast-text", actionButton: "toast-action", error: "toast-error" };
// Over the list, never over the composer: an undo must not hide the button one is about to press.
const roomy = matchMedia("(min-width: 860px)").matches;
const railed = matchMedia("(max-width: 1279px)").matches;

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <Tip.Provider>
        <RouterProvider router={router} />
        <Toaster
          position={roomy ? "bottom-left" : "top-center"}
          gap={8}
          offset={{ left: railed ? 72 : 232, bottom: 16, top: 56 }}
          mobileOffset={{ top: 56 }}
          toastOptions={{ unstyled: true, classNames: TOAST }}
        />
      </Tip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
