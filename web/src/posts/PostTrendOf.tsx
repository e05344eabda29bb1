import { MonthBars } from '../federation/MonthBars';
import { PostTrend } from '../graph/generated/PostTrend';
import type { UnionPostKind } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { postWords } from './words';

/** Posts filled at the end of each of the last months, of a unit and those below it; nothing where none were ever filled. */
export function PostTrendOf({ within, kind, on }: { within: string; kind: UnionPostKind | null; on: string | null }) {
  const t = useWords(postWords);
  const question = useQuestion(PostTrend, { within: within === '' ? null : within, kind, on });
  return (
    <Answered question={question} rows={2}>
      {({ unionPostCounts: counts }) => {
        if (counts === null || counts.every((one) => one.filled === 0)) return null;
        return (
          <section className="card flat">
            <h2>{t.trend}</h2>
            <MonthBars points={counts.map((one) => ({ on: one.on, count: one.filled }))} label={t.trend} />
          </section>
        );
      }}
    </Answered>
  );
}
