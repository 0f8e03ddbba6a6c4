import "@fontsource-variable/inter/wght.css";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/shell.css";
import "@/styles/inbox.css";
import "@/styles/ticket.css";
import "@/styles/floating.css";
import "@/styles/pages.css";
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

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <Tip.Provider>
        <RouterProvider router={router} />
        <Toaster
          position="bottom-center"
          gap={8}
          offset={20}
          toastOptions={{
            unstyled: true,
            classNames: {
              toast: "toast",
              title: "toast-title",
              description: "toast-text",
              actionButton: "toast-action",
              error: "toast-error",
            },
          }}
        />
      </Tip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
