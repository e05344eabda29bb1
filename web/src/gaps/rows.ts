// All rows of a list, fetched where they are looked at. Pages hang on cursors; the way to far ones is fetched ahead as cursors
// alone, so that a jump to the end costs one page. Pages far from the view are let go: memory stays flat.
import { ask } from '../graph/client';
import { Cursors } from '../graph/generated/Cursors';
import { GapPage } from '../graph/generated/GapPage';
import type { EnterpriseFilter, EnterpriseOrder, GapPageQuery } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';

export type Row = GapPageQuery['enterprises']['nodes'][number];

export const PAGE = 100;
/** Rows whose cursors come with one question: the most the graph gives. */
const STRIDE = 500;
const KEPT_PAGES = 24;
const MOST_UNDER_WAY = 3;

export interface Asked {
  readonly filter: EnterpriseFilter;
  readonly orderBy: EnterpriseOrder[] | null;
  readonly asOf: string | null;
}

export class Rows {
  total: number | null = null;
  edition: { number: number; asOf: string } | null = null;
  problem: GraphProblem | null = null;
  version = 0;
  private readonly pages = new Map<number, readonly Row[]>();
  private readonly underWay = new Set<number>();
  private wanted: readonly [number, number] = [0, 0];
  /** Cursor before page n; page 0 has none. */
  private readonly before: (string | null)[] = [null];
  private readonly stop = new AbortController();
  private readonly listeners = new Set<() => void>();
  private climb: Promise<void> | null = null;
  private ahead: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly asked: Asked) {}

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  row(at: number): Row | undefined {
    return this.pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** Rows that are here, in their order: for what is done with rows already seen. */
  known(): Row[] {
    return [...this.pages.keys()].sort((a, b) => a - b).flatMap((page) => [...(this.pages.get(page) ?? [])]);
  }

  close(): void {
    this.stop.abort();
    clearTimeout(this.ahead);
  }

  /** Fetches what rows `first` to `last` need. */
  want(first: number, last: number): void {
    // After a failure a person tries again, not the page by itself.
    if (this.problem !== null) return;
    this.wanted = [Math.max(0, Math.floor(first / PAGE)), Math.floor(Math.max(0, last) / PAGE)];
    this.start();
  }

  /** Starts what is wanted now: of what a fast scroll passed over nothing is fetched. */
  private start(): void {
    const [from, to] = this.wanted;
    for (let page = from; page <= to; page++) {
      const rows = this.pages.get(page);
      if (rows !== undefined) {
        // Looked at last, let go last.
        this.pages.delete(page);
        this.pages.set(page, rows);
      } else if (!this.underWay.has(page) && this.underWay.size < MOST_UNDER_WAY && (this.total === null || page * PAGE < this.total)) {
        this.underWay.add(page);
        void this.fetch(page).finally(() => {
          this.underWay.delete(page);
          if (this.problem === null && !this.stop.signal.aborted) this.start();
        });
      }
    }
  }

  private tell(): void {
    this.version++;
    this.listeners.forEach((tell) => tell());
  }

  private async fetch(page: number): Promise<void> {
    try {
      while (this.before[page] === undefined) {
        await this.step();
        if (this.before[page] === undefined && this.total !== null && page * PAGE >= this.total) return;
      }
      const { data } = await ask(GapPage, { ...this.asked, first: PAGE, after: this.before[page] ?? null }, this.stop.signal);
      const { nodes, pageInfo, totalCount, edition } = data.enterprises;
      this.pages.set(page, nodes);
      this.before[page + 1] ??= pageInfo.endCursor;
      this.total = totalCount;
      this.edition = edition;
      this.problem = null;
      for (const old of this.pages.keys()) {
        if (this.pages.size <= KEPT_PAGES) break;
        this.pages.delete(old);
      }
      if (page === 0 && totalCount > PAGE) this.ahead = setTimeout(() => void this.lookAhead(), 150);
      this.tell();
    } catch (problem) {
      if (this.stop.signal.aborted) return;
      this.problem = problem instanceof GraphProblem ? problem : new GraphProblem({ code: 'INTERNAL', message: String(problem) });
      this.tell();
    }
  }

  /** Once the first rows stand, the way to the last one. */
  private async lookAhead(): Promise<void> {
    try {
      while (!this.stop.signal.aborted && this.total !== null && (this.before.length - 1) * PAGE < this.total) {
        const known = this.before.length;
        await this.step();
        if (this.before.length === known) return;
      }
    } catch {
      // Whoever looks at a far page asks again and says what is wrong.
    }
  }

  /** The next cursors; at most one such question at a time. */
  private step(): Promise<void> {
    this.climb ??= this.cursors().finally(() => (this.climb = null));
    return this.climb;
  }

  private async cursors(): Promise<void> {
    const from = this.before.length - 1;
    const { data } = await ask(Cursors, { ...this.asked, first: STRIDE, after: this.before[from] ?? null }, this.stop.signal);
    const { edges } = data.enterprises;
    if (edges.length === 0) throw new GraphProblem({ code: 'NOT_FOUND', message: '' });
    for (let page = from + 1; (page - from) * PAGE <= edges.length; page++) {
      this.before[page] ??= edges[(page - from) * PAGE - 1]?.cursor ?? null;
    }
    if (edges.length < PAGE) this.before[from + 1] ??= edges.at(-1)?.cursor ?? null;
  }
}
