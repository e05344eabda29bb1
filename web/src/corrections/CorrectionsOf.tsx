import { useState } from 'react';
import { useMay, useStanding } from '../app/standing';
import { ask } from '../graph/client';
import { CorrectionsOf as Question } from '../graph/generated/CorrectionsOf';
import { OpenCorrections } from '../graph/generated/OpenCorrections';
import { useAskAgain, useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useLanguage } from '../language/choice';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { CorrectionTable } from './CorrectionTable';
import { useSaid } from './useSaid';
import { correctionWords } from './words';

/** What the department of a registry is asked: counts, the list, the letter; answered in place by the department itself. */
export function CorrectionsOf({ registry, isDepartments }: { registry: string; isDepartments: boolean }) {
  const t = useWords(correctionWords);
  const f = useFormat();
  const lang = useLanguage();
  const role = useStanding().data?.data.viewer.role;
  const mayOperate = useMay('operate') === true;
  const mayReview = useMay('review') === true;
  const mayRecords = useMay('records') === true;
  const mayExport = useMay('export') === true;
  const [isAll, setAll] = useState(false);
  const [after, setAfter] = useState<string | null>(null);
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSaid();
  const question = useQuestion(Question, { registry, state: isAll ? null : ['OPEN', 'SENT', 'SEEN'], after });
  const askAll = async () => {
    const done = await send(
      async () => (await ask(OpenCorrections, { input: { filter: { registry: [registry] } } })).data.openCorrections,
      (told) => t.askedAll(f.count(told.opened), f.count(told.existing)),
    );
    if (done) void askAgain();
  };
  const isDepartment = role === 'partner';
  return (
    <section>
      <h3>{isDepartments ? t.asked : t.title}</h3>
      <p className="muted small">{t.intro}</p>
      <Answered question={question} rows={3}>
        {(answer) => {
          const found = answer.registry;
          if (found === null || found.corrections === null || found.correctionCounts === null) return <Forbidden scope="review" />;
          const counts = found.correctionCounts;
          return (
            <>
              <p className="row">
                <span>{t.counts(f.count(counts.waiting), f.count(counts.overdue), f.count(counts.answered), f.count(counts.closedByData))}</span>
                <button
                  type="button"
                  className="plain no-print"
                  aria-pressed={isAll}
                  onClick={() => {
                    setAfter(null);
                    setAll(!isAll);
                  }}
                >
                  {isAll ? t.waitingOnly : t.all}
                </button>
                {(isDepartment || (mayReview && mayRecords && mayExport)) && (
                  <a className="plain no-print" href={`/letters/corrections-${registry}.html?lang=${lang}`} target="_blank" rel="noreferrer">
                    {t.letter}
                  </a>
                )}
                {!isDepartment && mayReview && mayRecords && (
                  <button type="button" className="plain no-print" disabled={isRunning} onClick={() => void askAll()}>
                    {t.askAll}
                  </button>
                )}
              </p>
              {found.corrections.nodes.length === 0 ? (
                <p className="muted">{isAll ? t.none : t.noneWaiting}</p>
              ) : (
                <CorrectionTable rows={found.corrections.nodes} mayAnswer={isDepartment || (isDepartments && mayOperate)} mayWithdraw={!isDepartment && mayReview} withRegistry={false} />
              )}
              {found.corrections.pageInfo.hasNextPage && (
                <button type="button" className="plain" onClick={() => setAfter(found.corrections?.pageInfo.endCursor ?? null)}>
                  {t.more}
                </button>
              )}
            </>
          );
        }}
      </Answered>
      <p role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </p>
    </section>
  );
}
