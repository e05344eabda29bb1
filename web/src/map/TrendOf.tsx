import { useQueries } from '@tanstack/react-query';
import { ask } from '../graph/client';
import { Editions } from '../graph/generated/Editions';
import { Trend as TrendOperation } from '../graph/generated/Trend';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import type { MeasureKey } from './measures';
import { asOfOf } from './Slider';
import { TrendLine } from './Trend';
import { mapWords } from './words';

const MOST = 8;

/** How a rate went over the last editions; nothing where there is only one. */
export function Trend({ measure, within, target }: { measure: MeasureKey; within: string | null; target: number | null }) {
  const t = useWords(mapWords);
  const editions = [...(useQuestion(Editions, {}).data?.data.editions.nodes ?? [])].reverse();
  const isAsked = measure === 'coverage' || measure === 'independent' || measure === 'target';
  const step = Math.max(1, Math.ceil(editions.length / MOST));
  const chosen = editions.length < 2 || !isAsked ? [] : editions.filter((_, at) => (editions.length - 1 - at) % step === 0);
  const answers = useQueries({
    queries: chosen.map((edition) => {
      const variables = {
        asOf: asOfOf(editions, editions.indexOf(edition)) ?? `edition:${edition.number}`,
        by: [],
        within: within === null ? null : { code: within },
      };
      return { queryKey: [TrendOperation.name, variables], queryFn: ({ signal }: { signal: AbortSignal }) => ask(TrendOperation, variables, signal) };
    }),
  });
  const points = answers.flatMap((answer, at) => {
    const total = answer.data?.data.coverage.total;
    const value = measure === 'coverage' ? total?.coverageRate?.value : total?.independentRate?.value;
    return typeof value === 'number' ? [{ at: chosen[at]?.asOf ?? '', value }] : [];
  });
  if (points.length < 2) return null;
  return (
    <figure className="trend-figure">
      <TrendLine points={points} target={target} label={t.trend} />
      <figcaption className="muted small">{`${t.trend} ${t.trendOf(points[0]?.at ?? '', points.at(-1)?.at ?? '')}`}</figcaption>
    </figure>
  );
}
