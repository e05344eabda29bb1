import { useEffect, useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay, useStanding } from '../app/standing';
import { CaseTable } from '../cases/CaseTable';
import { useCaseChanges } from '../cases/changes';
import { inAddress, inputOf, keyOf, me, NOBODY, ownerIn, rememberMe } from '../cases/owner';
import { OwnerFields } from '../cases/OwnerFields';
import '../cases/cases.css';
import { ask } from '../graph/client';
import { SetSeat } from '../graph/generated/SetSeat';
import { Work } from '../graph/generated/Work';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
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
  const seat = useStanding().data?.data.viewer.seat ?? null;
  const isKept = seat !== null;
  const mySeat = seat === null ? null : { unit: seat.unit.code, role: seat.role ?? '', name: seat.name ?? '' };
  // Said on another machine: this browser begins there too from now on.
  useEffect(() => {
    if (seat !== null && me() === null) rememberMe({ unit: seat.unit.code, role: seat.role ?? '', name: seat.name ?? '' });
  }, [seat]);
  const { said, isRunning, send } = useSend();
  // What was chosen, until the server says so too.
  const [wanted, setWanted] = useState<boolean | null>(null);
  useEffect(() => setWanted(null), [isKept]);
  const remember = async () => {
    setWanted(!isKept);
    const isDone = await send(
      async () => {
        const next = isKept ? null : owner;
        const { userErrors } = (await ask(SetSeat, { owner: next === null ? null : inputOf(next) })).data.setSeat;
        // The browser remembers it too, so that it knows where to begin before anything is asked.
        if (userErrors.length === 0) rememberMe(next);
        return userErrors;
      },
      isKept ? t.seatGone : t.seatKept,
    );
    if (!isDone) setWanted(null);
  };
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
            checked={wanted ?? isKept}
            disabled={isRunning || (!isKept && owner.unit === '')}
            onChange={() => void remember()}
          />
          {t.remember}
        </label>
        {mySeat !== null && inAddress(mySeat) !== mine && (
          <button type="button" className="plain" onClick={() => set({ ...mySeat, all: null })}>
            {t.toMine}
          </button>
        )}
        {mine !== '' && (
          <button type="button" className="plain" onClick={() => set({ ...NOBODY, all: null })}>
            {t.everybody}
          </button>
        )}
      </div>
      <Said said={said} />
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
