import { QualityHistory } from '../graph/generated/QualityHistory';
import type { QualityHistoryQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { sourceWords } from './words';

type Point = NonNullable<NonNullable<QualityHistoryQuery['registry']>['qualityHistory']>['nodes'][number];
const WIDTH = 300;
const HEIGHT = 60;

/** Of all fields together: the share of rows that give them. */
function completeness(point: Point): number | null {
  const fields = point.quality?.completeness ?? [];
  const whole = fields.reduce((sum, { ratio }) => sum + ratio.denominator, 0);
  return whole === 0 ? null : fields.reduce((sum, { ratio }) => sum + ratio.numerator, 0) / whole;
}

/** How complete the registry was and how much of it met others, batch by batch. */
export function QualityOverTime({ registry }: { registry: string }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const points = [...(useQuestion(QualityHistory, { registry }).data?.data.registry?.qualityHistory?.nodes ?? [])].reverse();
  const lines = [
    { name: t.completeness, of: completeness, stroke: '#2477a0' },
    { name: t.linkedOverTime, of: (point: Point) => point.quality?.linked.value ?? null, stroke: '#b8692c' },
  ];
  if (points.length < 2) return null;
  const x = (at: number) => 2 + (at * (WIDTH - 4)) / (points.length - 1);
  const y = (share: number) => HEIGHT - 2 - share * (HEIGHT - 4);
  return (
    <figure className="quality-trend">
      {lines.map((line) => {
        const told = points.flatMap((point, at) => {
          const share = line.of(point);
          return share === null ? [] : [{ at, share, text: `${f.day(point.at)} ${f.percent(share)}` }];
        });
        const [first, last] = [told[0], told.at(-1)];
        if (first === undefined || last === undefined) return null;
        return (
          <div key={line.name}>
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={f.named(line.name, f.list(told.map(({ text }) => text)))}>
              <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="#8b96a5" />
              <polyline fill="none" stroke={line.stroke} strokeWidth="2" points={told.map(({ at, share }) => `${x(at)},${y(share)}`).join(' ')} />
            </svg>
            <figcaption className="muted small">
              {line.name} {f.list([first.text, last.text])}
            </figcaption>
          </div>
        );
      })}
    </figure>
  );
}
