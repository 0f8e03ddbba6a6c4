import { expect, it } from "vitest";
import type { Ticket } from "@/api/types";
import { csvOf } from "@/inbox/exportCsv";

const ticket = {
  number: "TIK-1",
  subject: '=HYPERLINK("https://bad.example"), twice\nover',
  status: "open",
  priority: "high",
  team: null,
  assignee: { id: "a", name: "Robin" },
  requester: { id: "c", name: "Ana", email: "ana@b.example" },
  tags: ["vat", "office"],
  created_at: "2026-11-22T10:00:00Z",
  updated_at: "2026-11-22T11:00:00Z",
  first_response_at: null,
  resolved_at: null,
} as unknown as Ticket;

it("quotes what must be quoted and lets no stranger's subject run as a formula", () => {
  const lines = csvOf([ticket]);
  expect(lines.split("\r\n")[0]).toContain("number,subject,status");
  expect(lines).toContain(`TIK-1,"'=HYPERLINK(""https://bad.example""), twice\nover",open,high,,Robin,Ana,ana@b.example,vat office,`);
});
