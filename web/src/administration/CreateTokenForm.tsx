import { useId, useState } from 'react';
import { UnitChoice } from '../cases/UnitChoice';
import { ask } from '../graph/client';
import { CreateToken } from '../graph/generated/CreateToken';
import { Registries } from '../graph/generated/Registries';
import type { CallerRole } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import { administrationWords } from './words';

const roles: readonly CallerRole[] = ['ANALYST', 'DISTRICT', 'CLIENT', 'MAP', 'PARTNER', 'INGEST', 'SYSTEM', 'SECURITY', 'AUDITOR', 'ADMIN'];
const ofRegistry: readonly CallerRole[] = ['PARTNER', 'INGEST'];
const ofAreas: readonly CallerRole[] = ['DISTRICT', 'ANALYST', 'CLIENT', 'MAP'];

/** A new token: for whom, as what, where, for how long. */
export function CreateTokenForm({ onMade }: { onMade: (name: string, secret: string) => void }) {
  const t = useWords(administrationWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [name, setName] = useState('');
  const [role, setRole] = useState<CallerRole>('DISTRICT');
  const [areas, setAreas] = useState<readonly string[]>([]);
  const [registry, setRegistry] = useState('');
  const [days, setDays] = useState('365');
  const registries = useQuestion(Registries, {}, { enabled: ofRegistry.includes(role) }).data?.data.registries ?? [];
  const make = async () => {
    const isDone = await send(async () => {
      const { data } = await ask(CreateToken, {
        input: {
          name: name.trim(),
          role,
          registry: ofRegistry.includes(role) ? registry : null,
          areas: ofAreas.includes(role) ? [...areas] : null,
          days: Number(days),
        },
      });
      if (data.createToken.secret !== null) onMade(name.trim(), data.createToken.secret);
      return data.createToken.userErrors;
    }, t.tokenMade);
    if (isDone) {
      setName('');
      setAreas([]);
    }
  };
  return (
    <form
      className="make-token"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <h3>{t.makeToken}</h3>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}n`}>{t.tokenFor}</label>
          <input id={`${id}n`} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor={`${id}r`}>{t.role}</label>
          <select id={`${id}r`} value={role} onChange={(event) => setRole(event.target.value as CallerRole)}>
            {roles.map((one) => (
              <option key={one} value={one}>
                {t.roles[one]}
              </option>
            ))}
          </select>
        </div>
        {ofRegistry.includes(role) && (
          <div className="field">
            <label htmlFor={`${id}g`}>{t.registry}</label>
            <select id={`${id}g`} value={registry} onChange={(event) => setRegistry(event.target.value)}>
              <option value="">{t.chooseRegistry}</option>
              {registries.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title}
                </option>
              ))}
            </select>
          </div>
        )}
        {ofAreas.includes(role) && (
          <div className="field">
            <label htmlFor={`${id}a`}>{t.areas}</label>
            <UnitChoice
              id={`${id}a`}
              value=""
              none={areas.length === 0 ? (role === 'DISTRICT' ? t.chooseArea : t.allAreas) : t.oneMoreArea}
              onChange={(code) => {
                if (code !== '' && !areas.includes(code)) setAreas([...areas, code]);
              }}
            />
          </div>
        )}
        <div className="field">
          <label htmlFor={`${id}d`}>{t.validDays}</label>
          <input id={`${id}d`} type="number" min={1} max={3650} required value={days} onChange={(event) => setDays(event.target.value)} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning || name.trim() === '' || (ofRegistry.includes(role) && registry === '') || (role === 'DISTRICT' && areas.length === 0)}>
          {t.makeTokenDo}
        </button>
      </div>
      {ofAreas.includes(role) && areas.length > 0 && (
        <ul className="row chosen-areas">
          {areas.map((code) => (
            <li key={code}>
              <button type="button" className="chip" aria-label={`${t.leaveOut} ${code}`} onClick={() => setAreas(areas.filter((other) => other !== code))}>
                {code} ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="muted small">{t.roleMeans[role]}</p>
      <Said said={said} />
    </form>
  );
}
