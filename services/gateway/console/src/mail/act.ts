import { toast } from "sonner";
import { cache } from "@/api/cache";
import { reasonOf } from "@/api/http";
import { mailKeys } from "@/mail/api";

export const readAgain = () => cache.invalidateQueries({ queryKey: mailKeys.all });

/** Does it, says so, and shows what is left; a refusal is told with its reason. */
export async function act<T>(work: () => Promise<T>, failed: string): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    toast.error(failed, { description: reasonOf(error), duration: 8000 });
    return undefined;
  } finally {
    void readAgain();
  }
}
