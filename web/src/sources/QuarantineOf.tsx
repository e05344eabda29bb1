import { useState } from 'react';
import { ask } from '../graph/client';
import { Quarantine } from '../graph/generated/Quarantine';
import { ReplayQuarantine } from '../graph/generated/ReplayQuarantine';
import { useAskAgain, useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { sourceWords } from './words';

/** Rows that could not be read, with the reason of each; read again after a fix. */
export function QuarantineOf({ registry, mayReplay }: { registry: string; mayReplay: boolean }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const askAgain = useAskAgain();
  const [after, setAfter] = useState<string | null>(null);
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const question = useQuestion(Quarantine, { registry, after });
  const replay = async (rows: string[] | null) => {
    try {
      const { data } = await ask(ReplayQuarantine, { input: { registry, rows } });
      const { batch, userErrors } = data.replayQuarantine;
      if (userErrors.length > 0) return setSaid({ text: userErrors.map((error) => error.message).join(' '), isGood: false });
      setSaid({ text: batch === null ? t.decided : t.replayed(f.count(batch.read), f.count(batch.landed)), isGood: true });
      return void askAgain();
    } catch (problem) {
      return setSaid({ text: textOf(problem), isGood: false });
    }
  };
  return (
    <section>
      <div className="page-head">
        <div>
          <h3>{t.quarantineTitle}</h3>
          <p className="muted small">{t.quarantineWhy}</p>
        </div>
        {mayReplay && (question.data?.data.registry?.quarantine?.totalCount ?? 0) > 0 && (
          <button type="button" className="button" onClick={() => void replay(null)}>
            {t.replayAll}
          </button>
        )}
      </div>
      <p role="status" className={said?.isGood === true ? 'said good' : 'said'}>
        {said?.text ?? ''}
      </p>
      <Answered question={question} rows={3}>
        {({ registry: found }) => {
          const rows = found?.quarantine;
          if (rows === null || rows === undefined) return <Forbidden scope="operate" />;
          if (rows.nodes.length === 0) return <p className="muted">{t.noQuarantine}</p>;
          return (
            <>
              <div className="scroll-x" tabIndex={0} role="region" aria-label={t.quarantineTitle}>
                <table className="grid">
                  <thead>
                    <tr>
                      <th scope="col">{t.batch}</th>
                      <th scope="col" className="number">
                        {t.row}
                      </th>
                      <th scope="col">{t.why}</th>
                      <th scope="col">{t.raw}</th>
                      {mayReplay && <th scope="col">{t.replay}</th>}
                    </tr>
                  </thead>
                  <tbody>
                    {rows.nodes.map((row) => (
                      <tr key={row.id}>
                        <td>{row.batch?.id.replace('batch:', '')}</td>
                        <td className="number">{f.count(row.row)}</td>
                        <td>
                          {row.reason} <code className="muted small">{row.code}</code>
                        </td>
                        <td className="raw">{row.raw}</td>
                        {mayReplay && (
                          <td>
                            <button type="button" className="plain" aria-label={`${t.replay} ${row.row}`} onClick={() => void replay([row.id])}>
                              {t.replay}
                            </button>
                          </td>
                        )}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p className="row">
                <span className="muted">{t.total(f.count(rows.totalCount))}</span>
                {rows.pageInfo.hasNextPage && (
                  <button type="button" className="plain" onClick={() => setAfter(rows.pageInfo.endCursor)}>
                    {t.more}
                  </button>
                )}
              </p>
            </>
          );
        }}
      </Answered>
    </section>
  );
}
