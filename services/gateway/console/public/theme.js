// Runs before the first paint so that a dark desk never flashes white; a file because the CSP forbids inline scripts.
(() => {
  try {
    const kept = JSON.parse(localStorage.getItem("helpdesk.preferences") || "{}").state || {};
    const dark = kept.theme === "dark" || (kept.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.documentElement.dataset.density = kept.density || "comfortable";
  } catch {
    document.documentElement.dataset.theme = "light";
  }
})();
