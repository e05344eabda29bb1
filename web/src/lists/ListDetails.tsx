import { useId } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { caseAddress } from '../cases/CaseTable';
import { OpenMany } from '../cases/OpenMany';
import { NamedListParts } from '../graph/generated/NamedListParts';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import type { OneList } from './NamedListsOf';
import { listWords } from './words';

/** One list: who is on it with verdict and case, what changed since a day, who follows and why. */
export function ListDetails({ list }: { list: OneList }) {
  const t = useWords(listWords);
  const name = useWords(terms);
  const code = useCode();
  const f = useFormat();
  const id = useId();
  const [parameters, set] = useParameters();
  const day = parameters.get('since');
  const since = day !== null && /^\d{4}-\d{2}-\d{2}$/.test(day) ? day : list.broughtAt.slice(0, 10);
  const question = useQuestion(NamedListParts, { id: list.id, since });
  return (
    <section className="card list-details">
      <h2>{list.title}</h2>
      {list.notFound.length > 0 && (
        <details>
          <summary>
            {t.notFoundTitle} ({f.count(list.notFound.length)})
          </summary>
          <p className="muted">{f.list(list.notFound.slice(0, 200))}</p>
        </details>
      )}
      <Answered question={question} rows={6}>
        {({ namedList: whole }) => {
          if (whole === null) return null;
          const { enterprises, changes, followers } = whole;
          return (
            <div className="list-parts">
              <section>
                <h3>{t.enterprises}</h3>
                <Table label={t.enterprises} heads={[t.enterprises, t.gap, t.case]}>
                  {enterprises.nodes.map((enterprise) => (
                    <tr key={enterprise.id}>
                      <th scope="row">
                        <Link to={`/e/${enterprise.id}`}>{enterprise.name}</Link>
                        <span className="part">{placeOf(enterprise.area)}</span>
                      </th>
                      <td>{enterprise.gap === null ? NOTHING : name.gap[enterprise.gap.status]}</td>
                      <td>{enterprise.case === null ? <span className="muted">{t.noCase}</span> : <Link to={caseAddress(enterprise.case.id)}>{enterprise.case.stageLabel}</Link>}</td>
                    </tr>
                  ))}
                </Table>
                {enterprises.nodes.length < enterprises.totalCount && <p className="muted">{t.first(f.count(enterprises.nodes.length))}</p>}
              </section>
              <details>
                <summary>{t.openCases}</summary>
                <OpenMany whom={{ namedList: list.id, include: ['LACKING', 'UNDECIDED'] }} />
              </details>
              <section>
                <div className="row">
                  <h3>{t.changes}</h3>
                  <label htmlFor={`${id}s`}>{t.since}</label>
                  <input id={`${id}s`} type="date" value={since} onChange={(event) => set({ since: event.target.value }, 'replace')} />
                </div>
                {changes.length === 0 ? (
                  <p className="muted">{t.noChanges}</p>
                ) : (
                  <ul className="changes">
                    {changes.slice(0, 100).map((change, place) => (
                      <li key={place} className="row">
                        <span className="muted">{f.day(change.at)}</span>
                        <Link to={`/e/${change.enterprise.id}`}>{change.enterprise.name}</Link>
                        <span>
                          {change.what}
                          {(change.from !== null || change.to !== null) && ` · ${code('values', change.from ?? NOTHING)} → ${code('values', change.to ?? NOTHING)}`}
                        </span>
                      </li>
                    ))}
                  </ul>
                )}
              </section>
              <section>
                <h3>{t.followers}</h3>
                <p className="muted small">{t.followersWhy}</p>
                {followers.length === 0 ? (
                  <p className="muted">{t.noFollowers}</p>
                ) : (
                  <ul className="changes">
                    {followers.slice(0, 100).map(({ enterprise, leader, reason }) => (
                      <li key={`${enterprise.id}${leader.id}${reason}`} className="row">
                        <Link to={`/e/${enterprise.id}`}>{enterprise.name}</Link>
                        <span className="chip">{t.reasons[reason]}</span>
                        <span className="muted">{leader.name}</span>
                      </li>
                    ))}
                  </ul>
                )}
              </section>
            </div>
          );
        }}
      </Answered>
    </section>
  );
}
