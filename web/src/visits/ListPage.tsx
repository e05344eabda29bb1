import { useState } from 'react';
import { Link } from '../app/Link';
import { Table } from '../app/Table';
import { useMay, useStanding } from '../app/standing';
import { caseAddress } from '../cases/CaseTable';
import { VisitListOf } from '../graph/generated/VisitListOf';
import type { VisitListOfQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, textOf, type Told } from '../graph/send';
import { token } from '../graph/session';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { copyOf, takeAlong } from './bring';
import { BringBack } from './BringBack';
import { keep, useCopies } from './copy';
import { keepPages } from './pages';
import { Results } from './Results';
import { Walk } from './Walk';
import { visitWords } from './words';

export type WholeList = NonNullable<VisitListOfQuery['visitList']>;

/** One list: its walk, its copies, what came back. A copy that was taken along stands here too when the server cannot be reached. */
export function ListPage({ id }: { id: string }) {
  const t = useWords(visitWords);
  const copy = useCopies().find((kept) => kept.id === id);
  const question = useQuestion(VisitListOf, { id: `visits:${id}` }, { keep: false });
  return (
    <>
      <p className="crumbs muted">
        <Link to="/visits">{t.back}</Link> › <code>{id}</code>
      </p>
      {copy !== undefined && <Walk copy={copy} />}
      <Answered question={question} rows={10}>
        {({ visitList }) =>
          visitList === null ? (
            <div className="notice">
              <h1>{t.notFound}</h1>
              <Link to="/visits" className="button">
                {t.back}
              </Link>
            </div>
          ) : (
            <Whole list={visitList} isTaken={copy !== undefined} />
          )
        }
      </Answered>
    </>
  );
}

function Whole({ list, isTaken }: { list: WholeList; isTaken: boolean }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const mayExport = useMay('export');
  const viewer = useStanding().data?.data.viewer.name ?? '';
  const [said, setSaid] = useState<Told | null>(null);
  const number = list.id.replace(/^visits:/, '');
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
    }
  };
  const take = () =>
    attempt(async () => {
      const { title, expires, takenAt, doors } = await takeAlong(list.id);
      keep({
        id: number,
        title,
        expires,
        takenAt,
        visitor: viewer,
        doors: doors.map((door) => ({ case: door.case, place: door.place, name: door.name, code: door.creditCode, address: door.address, stage: door.stageLabel })),
        answers: {},
        handed: {},
        refused: {},
      });
      setSaid({ text: (await keepPages()) ? t.taken : t.takenOpen, isGood: true });
    });
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{list.title}</h1>
          <p className="muted">
            {[
              [list.unit?.name, list.role].filter(Boolean).join(' '),
              t.balance(f.count(list.doors), f.decimal(list.walkKm)),
              list.due === null ? '' : f.named(t.due, list.due),
              f.named(t.expires, list.expires ?? NOTHING),
              list.drawnBy === null ? '' : t.drawnBy(list.drawnBy, f.instant(list.drawnAt)),
            ]
              .filter((text) => text !== '')
              .join(' · ')}
          </p>
        </div>
        {mayExport === true && (
          <div className="row no-print">
            {token() === null ? (
              <a className="button" href={`/visits/${number}.html`} target="_blank" rel="noreferrer">
                {t.print}
              </a>
            ) : (
              <button type="button" className="button" onClick={() => void attempt(async () => offer(await copyOf(list.id, 'html'), `${number}.html`))}>
                {t.print}
              </button>
            )}
            <button type="button" className="button" onClick={() => void attempt(async () => offer(await copyOf(list.id, 'xlsx'), `${number}.xlsx`))}>
              {t.xlsx}
            </button>
            {!isTaken && (
              <button type="button" className="button primary" onClick={() => void take()}>
                {t.take}
              </button>
            )}
          </div>
        )}
      </header>
      {mayExport === false && <Forbidden scope="export" />}
      <Said said={said} />
      <BringBack id={list.id} visitor={viewer} />
      <Results list={list} />
      <section className="card flat">
        <h2>{t.stops}</h2>
        <Table label={t.stops} heads={[{ number: t.place }, t.enterprise, t.address, t.caseStage]}>
          {list.stops.map(({ place, case: of }) => (
            <tr key={place}>
              <td className="number">{place}</td>
              <th scope="row">
                {of === null ? t.gone : <Link to={caseAddress(of.id)}>{of.enterprise?.name ?? t.gone}</Link>}
                <span className="part">{of?.enterprise?.creditCode}</span>
              </th>
              <td>{of?.enterprise?.address ?? NOTHING}</td>
              <td>{of?.stageLabel ?? NOTHING}</td>
            </tr>
          ))}
        </Table>
      </section>
    </>
  );
}
