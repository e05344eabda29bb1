import type { UnionUnitLevel } from '../graph/generated/types';
import { UnitPace } from '../graph/generated/UnitPace';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { today } from '../federation/address';
import { MonthBars } from '../federation/MonthBars';
import { unitWords } from './words';

export const paceGroups = ['local', 'all', 'district', 'places'] as const;
export type PaceGroup = (typeof paceGroups)[number];
const LEVELS: Readonly<Record<PaceGroup, UnionUnitLevel[] | null>> = { local: ['STREET', 'TOWN'], all: null, district: ['DISTRICT', 'ZONE'], places: ['PARK', 'BUILDING'] };
export const levelsOf = (group: PaceGroup): UnionUnitLevel[] | null => LEVELS[group];

/** How many units below a unit were founded by a day, how many are to do, and how that went over the year before it. */
export function Pace({ code, on, group }: { code: string; on: string | null; group: PaceGroup }) {
  const t = useWords(unitWords);
  const f = useFormat();
  const day = on ?? today();
  const question = useQuestion(UnitPace, { code, on: day, levels: LEVELS[group] });
  return (
    <Answered question={question} rows={2}>
      {({ unionUnit }) => {
        if (unionUnit === null) return null;
        const { pace } = unionUnit;
        const all = pace.done + pace.toDo;
        const points = unionUnit.paceSeries.map((point) => ({ on: point.on, count: point.done }));
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
