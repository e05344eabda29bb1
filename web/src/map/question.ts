// What the map asks: figures of an area's parts and of the whole, as of the day in the address.
import { UNDECIDED } from '../gaps/filter';
import { Figures } from '../graph/generated/Figures';
import type { FiguresQuery } from '../graph/generated/types';
import { useQuestion, type Question } from '../graph/question';
import { TARGET } from './figure';

export function yearOf(at: string | null): number {
  const year = /^(\d{4})-/.exec(at ?? '')?.[1];
  return year === undefined ? new Date().getFullYear() : Number(year);
}

export function useFigures(at: string | null, within: string | null, options: { enabled?: boolean; keep?: boolean } = {}): Question<FiguresQuery> {
  const year = yearOf(at);
  return useQuestion(
    Figures,
    {
      asOf: at,
      year,
      target: { year, indicator: TARGET },
      by: [within === null ? 'DISTRICT' : 'TOWN'],
      within: within === null ? null : { code: within },
      undecided: UNDECIDED,
    },
    options,
  );
}
