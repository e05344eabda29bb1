// All rows of a list, fetched where they are looked at, of one edition: every page hangs on the cursor of the first, so that a jump to the
// end costs one page. Pages far from the view are let go: memory stays flat.
import { ask } from '../graph/client';
import { GapPage } from '../graph/generated/GapPage';
import type { EnterpriseFilter, EnterpriseOrder, GapPageQuery } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';

export type Row = GapPageQuery['enterprises']['nodes'][number];

export const PAGE = 100;
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
  /** Behind the first page. */
  private behindFirst: string | null = null;
  private firstPage: Promise<void> | null = null;
  private readonly stop = new AbortController();
  private readonly listeners = new Set<() => void>();

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
      // The first page says which edition the others are of.
      if (page > 0 && this.behindFirst === null) await this.first();
      if (page > 0 && this.behindFirst === null) return;
      await (page === 0 ? this.first() : this.put(page));
      this.problem = null;
      for (const old of this.pages.keys()) {
        if (this.pages.size <= KEPT_PAGES) break;
        this.pages.delete(old);
      }
      this.tell();
    } catch (problem) {
      if (this.stop.signal.aborted) return;
      this.problem = problem instanceof GraphProblem ? problem : new GraphProblem({ code: 'INTERNAL', message: String(problem) });
      this.tell();
    }
  }

  /** The first page, asked by one at a time. */
  private first(): Promise<void> {
    this.firstPage ??= this.put(0).finally(() => (this.firstPage = null));
    return this.firstPage;
  }

  private async put(page: number): Promise<void> {
    const place = page === 0 ? { after: null, skip: 0 } : { after: this.behindFirst, skip: (page - 1) * PAGE };
    const { data } = await ask(GapPage, { ...this.asked, first: PAGE, ...place }, this.stop.signal);
    const { nodes, pageInfo, totalCount, edition } = data.enterprises;
    this.pages.set(page, nodes);
    if (page === 0) this.behindFirst ??= pageInfo.endCursor;
    this.total = totalCount;
    this.edition = edition;
  }
}
