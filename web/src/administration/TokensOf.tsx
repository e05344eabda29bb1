import { useId, useState } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { ask } from '../graph/client';
import { RevokeToken } from '../graph/generated/RevokeToken';
import { RotateToken } from '../graph/generated/RotateToken';
import { Tokens } from '../graph/generated/Tokens';
import type { TokensQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { CreateTokenForm } from './CreateTokenForm';
import { NewSecret } from './NewSecret';
import { Older } from './Older';
import { administrationWords } from './words';

type Token = NonNullable<TokensQuery['tokens']>['nodes'][number];

/** Who may ask: every token with its areas, its last use and its end; new ones, ones that follow, ends. */
export function TokensOf() {
  const t = useWords(administrationWords);
  const f = useFormat();
  const may = useMay('tokens');
  const [parameters, set] = useParameters();
  const all = parameters.get('all') === '1';
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  const question = useQuestion(Tokens, { inForce: !all, after: parameters.get('after') }, { enabled: may === true });
  if (may === false) return <Forbidden scope="tokens" />;
  const told = (name: string, secret: string) => setMade({ name, secret });
  return (
    <section className="card tokens">
      <div className="page-head">
        <div>
          <h2>{t.tokens}</h2>
          <p className="muted">{t.tokensWhy}</p>
        </div>
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => set({ all: event.target.checked ? '1' : null, after: null })} />
          {t.endedToo}
        </label>
      </div>
      {made !== null && <NewSecret of={made.name} secret={made.secret} onKept={() => setMade(null)} />}
      <Answered question={question} rows={6}>
        {({ tokens }) =>
          tokens === null ? (
            <Forbidden scope="tokens" />
          ) : (
            <>
              <Table label={t.tokens} heads={[t.tokenFor, t.role, t.areas, t.state, t.lastUsed, t.validUntil, t.change]}>
                {tokens.nodes.map((token) => (
                  <One key={token.id} token={token} onMade={told} />
                ))}
              </Table>
              <Older total={t.totalTokens(f.count(tokens.totalCount))} info={tokens.pageInfo} />
            </>
          )
        }
      </Answered>
      <CreateTokenForm onMade={told} />
    </section>
  );
}

function One({ token, onMade }: { token: Token; onMade: (name: string, secret: string) => void }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [overlap, setOverlap] = useState('7');
  const [isSure, setSure] = useState(false);
  const rotate = () =>
    send(async () => {
      const { data } = await ask(RotateToken, { input: { id: token.id, overlapDays: Number(overlap), days: 365 } });
      if (data.rotateToken.secret !== null) onMade(token.name, data.rotateToken.secret);
      return data.rotateToken.userErrors;
    }, t.tokenRotated);
  const revoke = () => send(async () => (await ask(RevokeToken, { id: token.id })).data.revokeToken.userErrors, t.tokenRevoked);
  const areas = token.areas?.map((area) => area.name) ?? token.areaCodes;
  const seesAll = token.areaCodes.length === 0 && (token.role === 'ADMIN' || token.role === 'ANALYST' || token.role === 'CLIENT' || token.role === 'MAP');
  return (
    <tr>
      <th scope="row">
        {token.name}
        {token.isOwn && <span className="chip">{t.own}</span>}
        <br />
        <code className="small muted">{token.id.replace('token:', '')}</code>
      </th>
      <td>{token.role === null ? t.unknownRole : t.roles[token.role]}</td>
      <td>{token.registry !== null ? token.registry.title : seesAll ? t.allAreas : f.list(areas) || '—'}</td>
      <td>
        <span className={`status ${token.state === 'IN_FORCE' ? 'ok' : 'warn'}`}>{t.states[token.state]}</span>
      </td>
      <td className="nowrap">{token.lastUsedAt === null ? t.neverUsed : f.instant(token.lastUsedAt)}</td>
      <td className="nowrap">{f.day(token.expiresAt)}</td>
      <td>
        {token.state === 'IN_FORCE' && (
          <div className="row">
            <label htmlFor={`${id}o`} className="hidden">
              {t.overlapOf(token.name)}
            </label>
            <select id={`${id}o`} value={overlap} onChange={(event) => setOverlap(event.target.value)}>
              {['0', '1', '7', '30'].map((days) => (
                <option key={days} value={days}>
                  {t.overlap(days)}
                </option>
              ))}
            </select>
            <button type="button" className="button" disabled={isRunning} aria-label={`${t.rotate} ${token.name}`} onClick={() => void rotate()}>
              {t.rotate}
            </button>
            {isSure ? (
              <>
                <button type="button" className="button danger" disabled={isRunning} aria-label={`${t.revokeSure} ${token.name}`} onClick={() => void revoke()}>
                  {t.revokeSure}
                </button>
                <button type="button" className="button" onClick={() => setSure(false)}>
                  {t.leaveIt}
                </button>
              </>
            ) : (
              <button type="button" className="button danger" aria-label={`${t.revoke} ${token.name}`} onClick={() => setSure(true)}>
                {t.revoke}
              </button>
            )}
          </div>
        )}
        <Said said={said} />
      </td>
    </tr>
  );
}
