import type { Attachment } from "@/api/types";

const MARK = /\[image: ([^\]\n]+)\]/g;

const nameOf = (file: Attachment): string => file.name.replace(/[\]\n]/g, " ");
export const isPicture = (file: Attachment): boolean => /^image\/(png|jpe?g|gif|webp)$/.test(file.type);

/** How a picture stands in the text while it is written, and in the plain version of the mail for ever. */
export const markOf = (file: Attachment): string => `[image: ${nameOf(file)}]`;

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/\n/g, "<br>\n");

/** The text as HTML with its pictures in their places; null where it has none. The second mark of a name is the second file of that name. */
export function withPictures(text: string, files: Attachment[]): string | null {
  const left = files.filter(isPicture);
  let html = "";
  let at = 0;
  for (const found of text.matchAll(MARK)) {
    const place = left.findIndex((file) => nameOf(file) === found[1]);
    const file = left[place];
    if (!file) continue;
    left.splice(place, 1);
    html += `${escaped(text.slice(at, found.index))}<img src="cid:${file.id}" alt="${escaped(file.name)}">`;
    at = found.index + found[0].length;
  }
  return at ? `<div>${html}${escaped(text.slice(at))}</div>` : null;
}
