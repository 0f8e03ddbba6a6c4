/** What the assistant's drafts have earned. */
import { call } from "@/api/http";
import type { components } from "@/api/schema.gen";

type Schemas = components["schemas"];
type Autonomy = Required<Schemas["AutonomyView"]>;
export type Earned = Schemas["EarnedView"];
export type Dial = Schemas["DialView"];

export const getAutonomy = async (): Promise<Autonomy> => (await call<Autonomy>("GET", "/ai/autonomy")).data;
