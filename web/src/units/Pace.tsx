import type { UnionUnitLevel } from '../graph/generated/types';
import { UnitPace } from '../graph/generated/UnitPace';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { today } from '../federation/address';
import { unitWords } from './words';

export const paceGroups = ['local', 'all', 'district', 'places'] as const;
export type PaceGroup = (typeof paceGroups)[number];
const LEVELS: Readonly<Record<PaceGroup, UnionUnitLevel[] | null>> = { local: ['STREET', 'TOWN'], all: null, district: ['DISTRICT', 'ZONE'], places: ['PARK', 'BUILDING'] };
export const levelsOf = (group: PaceGroup): UnionUnitLevel[] | null => LEVELS[group];

/** The last days of the months before a day, the oldest first. */
function monthEnds(on: string, count: number): string[] {
  const [year = 0, month = 1] = on.split('-').map(Number);
  return Array.from({ length: count }, (_, at) => new Date(Date.UTC(year, month - 1 - (count - 1 - at), 0)).toISOString().slice(0, 10));
}

/** How many units below a unit were founded by a day, how many are to do, and how that went over the year before it. */
export function Pace({ code, on, group }: { code: string; on: string | null; group: PaceGroup }) {
  const t = useWords(unitWords);
  const f = useFormat();
  const day = on ?? today();
  const [d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10] = monthEnds(day, 11);
  const question = useQuestion(UnitPace, { code, on: day, levels: LEVELS[group], d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10 });
  return (
    <Answered question={question} rows={2}>
      {({ unionUnit }) => {
        if (unionUnit === null) return null;
        const { pace } = unionUnit;
        const all = pace.done + pace.toDo;
        const { p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 } = unionUnit;
        const points = [p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, pace];
        return (
          <div className="pace-line">
            <div>
              <p className="row">
                <strong>{t.paceSaid(f.count(pace.done), f.count(pace.toDo), pace.on)}</strong>
                {pace.late > 0 && (
                  <span className="status warn">
                    <span aria-hidden="true">▲</span> {t.paceLate(f.count(pace.late))}
                  </span>
                )}
                {pace.undated > 0 && <span className="muted">{t.paceUndated(f.count(pace.undated))}</span>}
              </p>
              <Bar share={all === 0 ? null : pace.done / all} colour="#2477a0" tall />
            </div>
            <div>
              <MonthBars points={points} label={t.paceTrend} />
              <p className="muted small">{t.paceTrend}</p>
            </div>
          </div>
        );
      }}
    </Answered>
  );
}

function MonthBars({ points, label }: { points: readonly { on: string; done: number }[]; label: string }) {
  const f = useFormat();
  const most = Math.max(1, ...points.map((point) => point.done));
  const [wide, tall] = [52, 64];
  return (
    <svg className="pace-trend" viewBox={`0 0 ${points.length * wide} ${tall + 34}`} role="img" aria-label={`${label}: ${points.map((p) => `${p.on} ${f.count(p.done)}`).join(', ')}`}>
      {points.map((point, at) => {
        const height = (point.done / most) * tall;
        return (
          <g key={point.on} transform={`translate(${at * wide} 0)`}>
            <rect x="8" y={16 + tall - height} width={wide - 16} height={height} fill={at === points.length - 1 ? '#2477a0' : '#9bbfd3'} />
            <text x={wide / 2} y={12 + tall - height} fontSize="11" textAnchor="middle" fill="#1c2330">
              {f.count(point.done)}
            </text>
            <text x={wide / 2} y={tall + 30} fontSize="11" textAnchor="middle" fill="#5a6372">
              {point.on.slice(2, 7)}
            </text>
          </g>
        );
      })}
      <line x1="0" x2={points.length * wide} y1={tall + 16} y2={tall + 16} stroke="#b9c1cc" />
    </svg>
  );
}
