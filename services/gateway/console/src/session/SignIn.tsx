import { type FormEvent, useState } from "react";
import { becomes } from "@/api/cache";
import * as api from "@/api/endpoints";
import { ApiError, isStatus, reasonOf } from "@/api/http";

function refusal(error: unknown): string {
  if (isStatus(error, 401) || isStatus(error, 422)) return "That address and password do not belong together. Check both and try again.";
  if (error instanceof ApiError && error.status === 429) return `Too many tries. Wait ${error.retryAfter ?? 60} seconds, then try again.`;
  return reasonOf(error);
}

export function SignIn() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      await api.signIn(String(form.get("email")), String(form.get("password")));
      becomes(await api.getMe());
    } catch (error) {
      setProblem(refusal(error));
      setBusy(false);
    }
  };

  return (
    <main className="signin">
      <form onSubmit={submit} data-testid="sign-in" aria-describedby={problem ? "sign-in-problem" : undefined}>
        <div className="desk">
          <b>H</b>
          <span>Helpdesk</span>
        </div>
        <h1>Sign in to your desk</h1>
        <label>
          Mail address
          {/* biome-ignore lint/a11y/noAutofocus: the only thing to do on this page */}
          <input name="email" type="email" autoComplete="username" required autoFocus placeholder="you@company.com" />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {problem && (
          <p className="problem" id="sign-in-problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="btn p" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <p className="meta">No account yet? An admin adds one; the first admin is made with helpdesk user add.</p>
      </form>
    </main>
  );
}
