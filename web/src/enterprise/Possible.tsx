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

/** Unions that nearly match: a person says same, different or not sure, and can take it back. */
export function Possible({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const code = useCode();
  const mayReview = useMay('review') === true;
  const { judge, undo, said } = useJudge();
  const [judged, setJudged] = useState<ReadonlyMap<string, string>>(new Map());
  const possible = card.unionCoverage?.possible ?? [];
  if (possible.length === 0) return null;
  const decide = async (pair: string, verdict: JudgementVerdict) => {
    const judgement = await judge(pair, verdict);
    if (judgement !== null) setJudged(new Map([...judged, [pair, judgement]]));
  };
  return (
    <section className="card possible">
      <h2>{t.possible}</h2>
      <p className="muted">{t.possibleWhy}</p>
      <ul>
        {possible.map(({ pairId, tradeUnion, weight }) => (
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
                    <button type="button" className="plain" onClick={() => void undo(judged.get(pairId) ?? '')}>
                      {t.undo}
                    </button>
                  </>
                ) : (
                  <>
                    <button type="button" className="button" onClick={() => void decide(pairId, 'SAME')}>
                      {t.same}
                    </button>
                    <button type="button" className="button" onClick={() => void decide(pairId, 'DIFFERENT')}>
                      {t.different}
                    </button>
                    <button type="button" className="button" onClick={() => void decide(pairId, 'NOT_SURE')}>
                      {t.notSure}
                    </button>
                  </>
                )}
                <Link to={`/review?of=${card.id}`}>{t.openReview}</Link>
              </span>
            )}
          </li>
        ))}
      </ul>
      <p role="status" className="said">
        {said}
      </p>
    </section>
  );
}
