import { MonthBars } from '../federation/MonthBars';
import { federationWords } from '../federation/words';
import { ServiceTrend } from '../graph/generated/ServiceTrend';
import type { UnionServiceKind } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { serviceWords } from './words';

/** Services of one kind by month, this year's and those of the year before; nothing where no month was stated. */
export function ServiceTrendOf({ within, kind, year }: { within: string; kind: UnionServiceKind; year: number }) {
  const t = useWords(serviceWords);
  const g = useWords(federationWords);
  const question = useQuestion(ServiceTrend, { within, kind, from: `${year - 1}-01-01`, to: `${year}-12-31` });
  return (
    <Answered question={question} rows={2}>
      {({ unionServiceCounts: counts }) => {
        const months = (counts ?? []).filter((one) => one.period !== null && one.period.length === 7);
        if (months.length < 2) return null;
        const label = t.trend(g.kinds.service[kind]);
        return (
          <section className="card flat">
            <h2>{label}</h2>
            <MonthBars points={months.map((one) => ({ on: one.period ?? '', count: one.count })).sort((a, b) => a.on.localeCompare(b.on))} label={label} />
          </section>
        );
      }}
    </Answered>
  );
}
