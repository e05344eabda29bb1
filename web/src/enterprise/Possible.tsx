import { useState } from 'react';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import type { JudgementVerdict } from '../graph/generated/types';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { useJudge } from '../review/judging';
import type { Card } from './card';
import { enterpriseWords } from './words';

type Union = NonNullable<NonNullable<Card['unionCoverage']>['possible']>[number];

/** Unions that nearly match: a person says same, different or not sure, and can take it back. */
export function Possible({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const code = useCode();
  const mayReview = useMay('review') === true;
  const { judge, undo, said } = useJudge();
  // What was judged here stays where it stood, so that it can be taken back, though the next edition no longer asks about it.
  const [judged, setJudged] = useState<ReadonlyMap<string, { union: Union; judgement: string; at: number }>>(new Map());
  const possible = (card.unionCoverage?.possible ?? []).filter((union) => !judged.has(union.pairId));
  for (const { union, at } of [...judged.values()].sort((a, b) => a.at - b.at)) possible.splice(at, 0, union);
  if (possible.length === 0) return null;
  const decide = async (union: Union, verdict: JudgementVerdict) => {
    const judgement = await judge(union.pairId, verdict);
    const at = possible.indexOf(union);
    if (judgement !== null) setJudged((before) => new Map([...before, [union.pairId, { union, judgement, at }]]));
  };
  const takeBack = async (pair: string) => {
    const given = judged.get(pair);
    if (given !== undefined && (await undo(given.judgement))) setJudged((before) => new Map([...before].filter(([id]) => id !== pair)));
  };
  return (
    <section className="card possible">
      <h2>{t.possible}</h2>
      <p className="muted">{t.possibleWhy}</p>
      <ul>
        {possible.map((union) => {
          const { pairId, tradeUnion, weight } = union;
          return (
          <li key={pairId} className="row">
            <strong>{tradeUnion?.name ?? pairId}</strong>
            {tradeUnion?.kind != null && <span className="chip">{code('values', tradeUnion.kind)}</span>}
            {tradeUnion?.members != null && <span className="muted">{t.members(f.count(tradeUnion.members))}</span>}
            <span className="muted">{`${t.weight} ${f.decimal(weight)}`}</span>
            {mayReview && (
              <span className="row no-print">
                {judged.has(pairId) ? (
                  <>
                    <span className="said good">{t.judged}</span>
                    <button type="button" className="plain" onClick={() => void takeBack(pairId)}>
                      {t.undo}
                    </button>
                  </>
                ) : (
                  <>
                    <button type="button" className="button" onClick={() => void decide(union, 'SAME')}>
                      {t.same}
                    </button>
                    <button type="button" className="button" onClick={() => void decide(union, 'DIFFERENT')}>
                      {t.different}
                    </button>
                    <button type="button" className="button" onClick={() => void decide(union, 'NOT_SURE')}>
                      {t.notSure}
                    </button>
                  </>
                )}
                <Link to={`/review?of=${card.id}`}>{t.openReview}</Link>
              </span>
            )}
          </li>
          );
        })}
      </ul>
      <p role="status" className="said">
        {said}
      </p>
    </section>
  );
}
