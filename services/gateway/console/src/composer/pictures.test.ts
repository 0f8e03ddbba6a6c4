import { describe, expect, it } from "vitest";
import type { Attachment } from "@/api/types";
import { markOf, withPictures } from "@/composer/pictures";

const file = (id: string, name: string, type = "image/png"): Attachment => ({ id, name, type, size: 1 });

describe("pictures in a reply", () => {
  it("stand where their marks are, the second of a name for the second mark", () => {
    const files = [file("a", "image.png"), file("b", "image.png")];
    const text = `One <b>\n${markOf(files[0] as Attachment)} and ${markOf(files[1] as Attachment)}.`;
    expect(withPictures(text, files)).toBe(
      '<div>One &lt;b&gt;<br>\n<img src="cid:a" alt="image.png"> and <img src="cid:b" alt="image.png">.</div>',
    );
  });

  it("leave the text alone where there is none", () => {
    expect(withPictures("See [image: gone.png]", [file("a", "plan.pdf", "application/pdf")])).toBeNull();
    expect(withPictures("No mark", [file("a", "image.png")])).toBeNull();
  });
});
