import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { Administration } from '../graph/generated/Administration';
import type { CallerRole } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { signOut, token } from '../graph/session';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { NoLonger } from '../states/NoLonger';
import { leaveSession, useSession } from '../states/useSession';
import { stateWords } from '../states/words';
import { AuditOf } from './AuditOf';
import { PolicyOf } from './PolicyOf';
import { RegistriesOf } from './RegistriesOf';
import { TokensOf } from './TokensOf';
import { WebhooksOf } from './WebhooksOf';
import { administrationWords } from './words';
import './administration.css';

const parts = ['me', 'tokens', 'audit', 'policy', 'registries'] as const;
type Part = (typeof parts)[number];

/** Who asks and with which rights, who else may, who looked at what; every edition that can be asked again. */
export default function AdministrationPage() {
  const t = useWords(administrationWords);
  const session = useSession();
  const [parameters, set] = useParameters();
  const part: Part = parts.find((one) => one === parameters.get('tab')) ?? 'me';
  // What one part keeps in the address means nothing to another.
  const open = (one: Part) => {
    const gone = Object.fromEntries([...parameters.keys()].filter((key) => key !== 'at').map((key) => [key, null]));
    set({ ...gone, tab: one === 'me' ? null : one });
  };
  return (
    <div className="page administration">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
        <div className="segments" role="group" aria-label={t.tabs}>
          {parts.map((one) => (
            <button key={one} type="button" aria-pressed={part === one} onClick={() => open(one)}>
              {t.tabOf[one]}
            </button>
          ))}
        </div>
        {token() !== null && (
          <button type="button" className="button" onClick={signOut}>
            {t.signOut}
          </button>
        )}
        {token() === null && session?.isSession === true && (
          <button type="button" className="button" onClick={() => void leaveSession()}>
            {t.leave}
          </button>
        )}
      </header>
      {part === 'me' && <Me />}
      {part === 'tokens' && <TokensOf />}
      <NoLonger known={{ tab: (text) => parts.some((one) => one === text) }} />
      {part === 'audit' && <AuditOf />}
      {part === 'policy' && <PolicyOf />}
      {part === 'registries' && <RegistriesOf />}
    </div>
  );
}

function Me() {
  const t = useWords(administrationWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const question = useQuestion(Administration, {});
  return (
    <>
      <Answered question={question} rows={8}>
        {({ viewer, editions }) => (
          <>
            <section className="card">
              <h2>{t.me}</h2>
              <dl className="pairs">
                <dt>{t.name}</dt>
                <dd>{viewer.name}</dd>
                <dt>{t.role}</dt>
                <dd>{t.roles[viewer.role.toUpperCase() as CallerRole] ?? viewer.role}</dd>
                <dt>{t.areas}</dt>
                <dd>{viewer.areas.length === 0 ? t.allAreas : f.list(viewer.areas.map((area) => area.name))}</dd>
                <dt>{t.scopes}</dt>
                <dd>
                  {viewer.scopes.length === 0 && t.none}
                  {viewer.scopes.map((scope) => (
                    <span key={scope} className="scope">
                      <span className="chip">{s.scopes[scope] ?? scope}</span> {t.means[scope]}
                    </span>
                  ))}
                </dd>
              </dl>
            </section>
            <WebhooksOf />
            <section className="card">
              <div className="page-head">
                <h2>{t.editions}</h2>
                <p className="muted">{t.total(f.count(editions.totalCount))}</p>
              </div>
              <Table label={t.editions} heads={[{ number: t.edition }, t.asOf, t.published, { number: t.enterprises }, t.digest, t.missing, t.look]}>
                {editions.nodes.map((edition) => (
                  <tr key={edition.number}>
                    <th scope="row" className="number">
                      {edition.number}
                    </th>
                    <td className="nowrap">{edition.asOf}</td>
                    <td className="nowrap">{f.instant(edition.publishedAt)}</td>
                    <td className="number">{f.count(edition.enterprises)}</td>
                    <td>
                      <code title={edition.digest}>{`${edition.digest.slice(0, 16)}…`}</code>
                    </td>
                    <td>{f.list(edition.missingSources.map((missing) => missing.text)) || '—'}</td>
                    <td>
                      <Link to={`/?at=edition:${edition.number}`} aria-label={t.lookAt(edition.number)}>
                        {t.look}
                      </Link>
                    </td>
                  </tr>
                ))}
              </Table>
            </section>
          </>
        )}
      </Answered>
    </>
  );
}
