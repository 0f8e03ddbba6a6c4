import { expect, it } from "vitest";
import type { Agent, Ticket } from "@/api/types";
import { fill } from "@/composer/variables";

const ticket = { number: "TIK-1", subject: "Invoice", requester: { id: "c", name: "Ana Maria Silva", email: "a@b.example" } } as Ticket;
const me = { name: "Robin" } as Agent;

it("fills in what it knows and leaves the rest to be seen", () => {
  expect(fill("Hi {{first_name}}, {{ number }} is about {{subject}}. {{agent}} {{nonsense}}", ticket, me)).toBe(
    "Hi Ana, TIK-1 is about Invoice. Robin {{nonsense}}",
  );
});
