import { useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { Cases } from '../graph/generated/Cases';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { BulkChange } from './BulkChange';
import { CaseFilters } from './CaseFilters';
import { CaseTable } from './CaseTable';
import { useCaseChanges } from './changes';
import { caseFilterNames, caseFilterOf, chosenCases } from './filter';
import { SaveAs } from './SaveAs';
import { Tabs } from './Tabs';
import { caseWords } from './words';
import './cases.css';

const PAGE = 100;

/** Every case: filtered, ticked, changed many at a time; each leads to its own page. */
export default function CasesPage() {
  const t = useWords(caseWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const chosen = chosenCases(parameters);
  const after = parameters.get('after');
  const mayReview = useMay('review');
  useCaseChanges(mayReview === true);
  const question = useQuestion(Cases, { filter: caseFilterOf(chosen), first: PAGE, after });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const clear = () => set(Object.fromEntries(caseFilterNames.map((name) => [name, null])));
  const inForce = caseFilterNames.filter((name) => name !== 'after' && parameters.has(name));
  return (
    <div className="page cases">
      <Tabs />
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
      </header>
      <CaseFilters chosen={chosen} />
      {chosen.unknown.length > 0 && (
        <p className="said" role="alert">
          {t.unknown(f.list(chosen.unknown.slice(0, 5)))}
        </p>
      )}
      <Answered question={question} rows={10}>
        {({ cases }) =>
          cases === null ? (
            <Forbidden scope="review" />
          ) : (
            <>
              <BulkChange cases={cases.nodes.filter((c) => selected.has(c.id))} onClear={() => setSelected(new Set())} onDone={setSelected} />
              <div className="row">
                <p className="muted" role="status">
                  {t.total(f.count(cases.totalCount))}
                </p>
                {inForce.length > 0 && (
                  <button type="button" className="plain" onClick={clear}>
                    {t.clear}
                  </button>
                )}
                <SaveAs lists={['cases', 'steps', 'visits']} query={{ filter: JSON.stringify(caseFilterOf(chosen)) }} />
              </div>
              {cases.nodes.length === 0 ? (
                inForce.length > 0 ? (
                  <Empty filters={inForce.map((name) => `${name}=${parameters.get(name)}`)} onClear={clear} />
                ) : (
                  <Empty>
                    {t.emptyAtAll}{' '}
                    <Link to="/gaps">{t.toGaps}</Link>
                  </Empty>
                )
              ) : (
                <div className="card flat">
                  <CaseTable cases={cases.nodes} label={t.title} selected={selected} onSelect={setSelected} />
                </div>
              )}
              <div className="row">
                {after !== null && (
                  <button type="button" className="button" onClick={() => set({ after: null })}>
                    {t.toFirst}
                  </button>
                )}
                {cases.pageInfo.hasNextPage && (
                  <button type="button" className="button" onClick={() => set({ after: cases.pageInfo.endCursor })}>
                    {t.more}
                  </button>
                )}
              </div>
            </>
          )
        }
      </Answered>
    </div>
  );
}
