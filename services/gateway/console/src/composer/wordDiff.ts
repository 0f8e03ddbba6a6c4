export interface Piece {
  words: string;
  kind: "same" | "gone" | "new";
}

const MOST = 1500;

/** What changed between two texts, word by word: the longest common run of words stays. Long texts are shown as replaced. */
export function wordDiff(before: string, after: string): Piece[] {
  const a = before.split(/(?<=\s)/);
  const b = after.split(/(?<=\s)/);
  if (a.length > MOST || b.length > MOST)
    return [
      { words: before, kind: "gone" },
      { words: after, kind: "new" },
    ];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  const alike = (i: number, j: number): boolean => a[i]?.trim() === b[j]?.trim();
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = alike(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pieces: Piece[] = [];
  const add = (words: string | undefined, kind: Piece["kind"]) => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.words += words ?? "";
    else pieces.push({ words: words ?? "", kind });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && alike(i, j)) {
      add(b[j++], "same");
      i++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) add(a[i++], "gone");
    else add(b[j++], "new");
  }
  return pieces;
}
