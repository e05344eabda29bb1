// Which characters of two texts differ: what is not in their longest common subsequence.

export interface Run {
  readonly text: string;
  readonly isSame: boolean;
}

const MOST = 400;

export function difference(left: string, right: string): [Run[], Run[]] {
  const [a, b] = [[...left].slice(0, MOST), [...right].slice(0, MOST)];
  const [width, cells] = [b.length + 1, new Uint16Array((a.length + 1) * (b.length + 1))];
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      cells[at] = alike(a[i], b[j]) ? (cells[at + width + 1] ?? 0) + 1 : Math.max(cells[at + width] ?? 0, cells[at + 1] ?? 0);
    }
  }
  const [same, other] = [new Set<number>(), new Set<number>()];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (alike(a[i], b[j])) {
      same.add(i++);
      other.add(j++);
    } else if ((cells[(i + 1) * width + j] ?? 0) >= (cells[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return [runs(a, same), runs(b, other)];
}

const BRACKETS: Readonly<Record<string, string>> = { '（': '(', '）': ')', '　': ' ' };

/** Full-width brackets say the same as others. */
function alike(a: string | undefined, b: string | undefined): boolean {
  const plain = (letter: string | undefined) => (letter === undefined ? undefined : (BRACKETS[letter] ?? letter).toLowerCase());
  return plain(a) === plain(b);
}

function runs(letters: readonly string[], same: ReadonlySet<number>): Run[] {
  const made: Run[] = [];
  letters.forEach((letter, at) => {
    const [isSame, last] = [same.has(at), made.at(-1)];
    if (last !== undefined && last.isSame === isSame) made[made.length - 1] = { text: last.text + letter, isSame };
    else made.push({ text: letter, isSame });
  });
  return made;
}
