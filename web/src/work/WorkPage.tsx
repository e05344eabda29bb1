import { useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { CaseTable } from '../cases/CaseTable';
import { useCaseChanges } from '../cases/changes';
import { inAddress, keyOf, me, NOBODY, ownerIn, rememberMe } from '../cases/owner';
import { OwnerFields } from '../cases/OwnerFields';
import '../cases/cases.css';
import { Work } from '../graph/generated/Work';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import './work.css';
import { workWords } from './words';

const parts = ['overdue', 'dueToday', 'newOnList', 'undated', 'won', 'lost'] as const;
type Part = (typeof parts)[number];
const FEW = 10;
const MOST = 500;

/** The week of whoever is responsible: what is due, what is new, what came of it. Every line leads to its case. */
export default function WorkPage() {
  const t = useWords(workWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const mayReview = useMay('review');
  useCaseChanges(mayReview === true);
  const owner = ownerIn(parameters);
  const whole = parts.find((part) => part === parameters.get('all')) ?? null;
  const [isKept, setKept] = useState(me() !== null);
  const first = (part: Part): number => (part === whole ? MOST : FEW);
  const question = useQuestion(Work, {
    owner: keyOf(owner),
    overdue: first('overdue'),
    dueToday: first('dueToday'),
    newOnList: first('newOnList'),
    undated: first('undated'),
    won: first('won'),
    lost: first('lost'),
  });
  const mine = inAddress(owner);
  return (
    <div className="page work">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          {question.data?.data.work != null && <p className="muted">{t.intro(question.data.data.work.since, question.data.data.work.today)}</p>}
        </div>
        <div className="row">
          <Link to={mine === '' ? '/cases' : `/cases?${mine}`} className="button">
            {t.toCases}
          </Link>
          <Link to="/visits" className="button">
            {t.toVisits}
          </Link>
        </div>
      </header>
      <div className="row fields no-print" role="group" aria-label={t.whose}>
        <OwnerFields owner={owner} none={t.everybody} onChange={(next) => set({ ...next, all: null }, 'replace')} />
        <label className="check">
          <input
            type="checkbox"
            checked={isKept}
            onChange={() => {
              rememberMe(isKept ? null : owner);
              setKept(!isKept);
            }}
          />
          {t.remember}
        </label>
        {mine !== '' && (
          <button type="button" className="plain" onClick={() => set({ ...NOBODY, all: null })}>
            {t.everybody}
          </button>
        )}
      </div>
      <Answered question={question} rows={12}>
        {({ work }) =>
          work === null ? (
            <Forbidden scope="review" />
          ) : (
            <>
              <ul className="week-counts">
                {parts.map((part) => (
                  <li key={part} className={work[part].totalCount > 0 ? part : undefined}>
                    <a href={`#${part}`}>
                      <strong>{f.count(work[part].totalCount)}</strong> {t.parts[part]}
                    </a>
                  </li>
                ))}
              </ul>
              {parts.map((part) => {
                const { totalCount, nodes } = work[part];
                return (
                  <section key={part} id={part} className="card flat week-part" tabIndex={-1}>
                    <h2>
                      {t.parts[part]} <span className="chip">{f.count(totalCount)}</span>
                    </h2>
                    {nodes.length === 0 ? (
                      <p className="muted">{t.none[part]}</p>
                    ) : (
                      <CaseTable cases={nodes} label={t.parts[part]} withResult={part === 'won' || part === 'lost'} />
                    )}
                    {nodes.length < totalCount &&
                      (whole === part ? (
                        <p className="muted">{t.most(f.count(nodes.length))}</p>
                      ) : (
                        <p>
                          <button type="button" className="plain" onClick={() => set({ all: part }, 'replace')}>
                            {t.all(f.count(totalCount))}
                          </button>
                        </p>
                      ))}
                  </section>
                );
              })}
            </>
          )
        }
      </Answered>
    </div>
  );
}
