import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { NextPulls } from '../graph/generated/NextPulls';
import { SaveRegistrySettings } from '../graph/generated/SaveRegistrySettings';
import type { RegistryChangeInput } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Treated } from './RegistriesOf';
import { SavedOver } from './SavedOver';
import { administrationWords } from './words';

type Settings = Treated['settings'];

const typedOf = (settings: Settings) => ({
  isByHand: settings.schedule === null,
  schedule: settings.schedule ?? '',
  vanished: String(settings.maxVanishedPercent),
  quarantined: String(settings.maxQuarantinedPercent),
  rows: String(settings.minRows),
  takeBack: [] as readonly string[],
});

/** Another schedule and other limits of a registry, saved with a reason; what was saved is taken back key by key. */
export function RegistryForm({ registry: { name, settings } }: { registry: Treated }) {
  const t = useWords(administrationWords);
  const id = useId();
  // What somebody else saves meanwhile moves neither the form nor what it was begun upon: they are told.
  const [begun, setBegun] = useState(settings);
  const [typed, setTyped] = useState(() => typedOf(settings));
  const [reason, setReason] = useState('');
  const { said, isRunning, send, say } = useSend();
  const put = (changes: Partial<typeof typed>) => setTyped({ ...typed, ...changes });
  const was = typedOf(begun);
  const schedule = typed.isByHand ? null : typed.schedule.trim();
  const change: RegistryChangeInput = {
    ...(schedule === begun.schedule || schedule === '' ? {} : { schedule }),
    ...(typed.vanished === was.vanished || typed.vanished === '' ? {} : { maxVanishedPercent: Number(typed.vanished) }),
    ...(typed.quarantined === was.quarantined || typed.quarantined === '' ? {} : { maxQuarantinedPercent: Number(typed.quarantined) }),
    ...(typed.rows === was.rows || typed.rows === '' ? {} : { minRows: Number(typed.rows) }),
  };
  const isTouched = Object.keys(change).length > 0 || typed.takeBack.length > 0;
  const isOvertaken = settings.version !== begun.version;
  const upon = (now: Settings) => {
    setBegun(now);
    setTyped(typedOf(now));
  };
  if (isOvertaken && !isTouched) upon(settings);
  const save = async () => {
    if (reason.trim() === '') return say({ text: t.policyReasonMissing, isGood: false });
    return void (await send(async () => {
      const input = { registry: name, change, takeBack: [...typed.takeBack], basedOn: begun.version, reason: reason.trim() };
      const { registry, userErrors } = (await ask(SaveRegistrySettings, { input })).data.saveRegistrySettings;
      if (registry !== null) {
        // Nothing is typed any more: the form shows what is in force as soon as it is asked again.
        setTyped(was);
        setReason('');
      }
      return userErrors;
    }, t.registrySaved));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {settings.isPulled && (
        <fieldset className="row">
          <legend>{t.schedule}</legend>
          <label className="check">
            <input type="checkbox" checked={typed.isByHand} onChange={(event) => put({ isByHand: event.target.checked })} />
            {t.byHand}
          </label>
          <div className="field">
            <label htmlFor={`${id}s`}>{t.cron}</label>
            <input id={`${id}s`} value={typed.schedule} disabled={typed.isByHand} maxLength={100} spellCheck={false} placeholder="30 2 * * *" aria-describedby={`${id}n`} onChange={(event) => put({ schedule: event.target.value })} />
          </div>
          <p id={`${id}n`} className="muted next-pulls" role="status">
            {schedule !== null && schedule !== '' && <Next registry={name} schedule={schedule} />}
          </p>
        </fieldset>
      )}
      <fieldset className="row">
        <legend>{t.guard}</legend>
        {(
          [
            ['vanished', t.maxVanished],
            ['quarantined', t.maxQuarantined],
            ['rows', t.minRows],
          ] as const
        ).map(([key, label]) => (
          <div key={key} className="field">
            <label htmlFor={id + key}>{label}</label>
            <input id={id + key} type="number" min={0} step={key === 'rows' ? 1 : 'any'} value={typed[key]} onChange={(event) => put({ [key]: event.target.value })} />
          </div>
        ))}
      </fieldset>
      <SavedOver saved={(isOvertaken ? begun : settings).saved} takeBack={typed.takeBack} onChange={(takeBack) => put({ takeBack })} />
      {isOvertaken && isTouched && !isRunning && (
        <p className="row said" role="alert">
          <span>{t.overtaken(settings.version)}</span>
          <button type="button" className="button" onClick={() => upon(settings)}>
            {t.asInForce}
          </button>
        </p>
      )}
      <div className="row">
        <label htmlFor={`${id}r`} className="hidden">
          {t.policyReason}
        </label>
        <input id={`${id}r`} className="grow" value={reason} maxLength={500} placeholder={t.policyReason} onChange={(event) => setReason(event.target.value)} />
        <button type="submit" className="button primary" disabled={isRunning || !isTouched || isOvertaken}>
          {t.saveRegistry}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}

/** When a schedule comes to pass next, or what is wrong with it. */
function Next({ registry, schedule }: { registry: string; schedule: string }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const { data, error, isPlaceholderData } = useQuestion(NextPulls, { registry, schedule });
  if (isPlaceholderData) return '';
  const wrong = error ?? data?.refused[0];
  if (wrong !== undefined) return wrong.message;
  const next = data?.data.registry?.settings?.nextPulls ?? [];
  return next.length === 0 ? '' : t.nextPulls(f.list(next.map(f.instant)));
}
