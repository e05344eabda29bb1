import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { useCaseChanges } from '../cases/changes';
import '../cases/cases.css';
import { Tabs } from '../cases/Tabs';
import { VisitLists } from '../graph/generated/VisitLists';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { isExpired, open, useCopies } from './copy';
import { DrawForm } from './DrawForm';
import { ListPage } from './ListPage';
import './visits.css';
import { visitWords } from './words';

/** Lists of doors: drawn, printed, taken along, brought back, taken back. `list` in the address opens one. */
export default function VisitsPage() {
  const list = useParameters()[0].get('list');
  const mayReview = useMay('review');
  useCaseChanges(mayReview === true);
  return (
    <div className="page visits">
      <Tabs />
      {list === null ? <All mayReview={mayReview} /> : <ListPage key={list} id={list} />}
    </div>
  );
}

export const listAddress = (id: string): string => `/visits?list=${id.replace(/^visits:/, '')}`;

function All({ mayReview }: { mayReview: boolean | undefined }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const question = useQuestion(VisitLists, { unit: null, first: 100 });
  const copies = useCopies();
  const today = f.day(new Date().toISOString());
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
      </header>
      {copies.length > 0 && (
        <section className="card copies">
          <h2>{t.onThisDevice}</h2>
          <ul>
            {copies.map((copy) => (
              <li key={copy.id} className="row">
                <Link to={listAddress(copy.id)}>{copy.title}</Link>
                <span className="muted">{isExpired(copy, today) ? t.expired : f.named(t.expires, copy.expires ?? NOTHING)}</span>
                {open(copy).length > 0 && <span className="status warn">▲ {t.openAnswers(f.count(open(copy).length))}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {mayReview === true && <DrawForm />}
      <Answered question={question} rows={6}>
        {({ visitLists }) =>
          visitLists === null ? (
            <Forbidden scope="review" />
          ) : visitLists.length === 0 ? (
            <Empty>{t.empty}</Empty>
          ) : (
            <Table label={t.title} className="card flat scroll-x" heads={[t.list, t.walks, { number: t.doors }, { number: t.walk }, t.due, t.expires, { number: t.brought }, { number: t.asked }]}>
              {visitLists.map((list) => (
                <tr key={list.id}>
                  <th scope="row">
                    <Link to={listAddress(list.id)}>{list.title}</Link>
                    <span className="part">{[list.drawnBy === null ? null : t.drawnBy(list.drawnBy, f.instant(list.drawnAt)), list.id.replace(/^visits:/, '')].filter(Boolean).join(' · ')}</span>
                  </th>
                  <td>{[list.unit?.name, list.role].filter(Boolean).join(' ') || NOTHING}</td>
                  <td className="number">{f.count(list.doors)}</td>
                  <td className="number">{t.km(f.decimal(list.walkKm))}</td>
                  <td className="nowrap">{list.due ?? NOTHING}</td>
                  <td className="nowrap">{list.expires ?? NOTHING}</td>
                  <td className="number">{t.visitedOf(f.count(list.counts.visited), f.count(list.doors))}</td>
                  <td className="number">{list.counts.asked === 0 ? f.count(0) : <span className="status warn">▲ {f.count(list.counts.asked)}</span>}</td>
                </tr>
              ))}
            </Table>
          )
        }
      </Answered>
    </>
  );
}
