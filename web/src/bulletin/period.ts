// The periods that a bulletin can be of: years, quarters and months in which an edition was published.

export interface Period {
  /** As the address and the hub write it: 2026, 2026Q3, 2026-09. */
  readonly key: string;
  readonly kind: 'year' | 'quarter' | 'month';
  /** The first and the last day. */
  readonly first: string;
  readonly last: string;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A period of whole months, by its year, its first month and how many there are. */
function of(key: string, kind: Period['kind'], year: number, month: number, months: number): Period {
  const end = month + months - 1;
  // Day 0 of the month behind the last one.
  const last = new Date(Date.UTC(year, end, 0)).getUTCDate();
  return { key, kind, first: `${year}-${two(month)}-01`, last: `${year}-${two(end)}-${two(last)}` };
}

/** What the address says; null where that is no period. */
export function periodOf(text: string): Period | null {
  const found = /^(\d{4})(?:Q([1-4])|-(0[1-9]|1[0-2]))?$/.exec(text);
  if (found === null) return null;
  const year = Number(found[1]);
  if (found[2] !== undefined) return of(text, 'quarter', year, Number(found[2]) * 3 - 2, 3);
  return found[3] === undefined ? of(text, 'year', year, 1, 12) : of(text, 'month', year, Number(found[3]), 1);
}

/** The day before the period began. */
export function dayBefore(period: Period): string {
  const day = new Date(`${period.first}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

/** Periods that have an edition, the newest first. */
export function periodsOf(days: readonly string[]): readonly Period[] {
  const keys = days.flatMap((day) => {
    const [year, month] = [day.slice(0, 4), Number(day.slice(5, 7))];
    return [year, `${year}Q${Math.ceil(month / 3)}`, day.slice(0, 7)];
  });
  const found = [...new Set(keys)].flatMap((key) => periodOf(key) ?? []);
  return found.sort((a, b) => (a.last === b.last ? a.first.localeCompare(b.first) : b.last.localeCompare(a.last)));
}
