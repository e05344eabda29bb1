import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { SavePolicy } from '../graph/generated/SavePolicy';
import { Said, type Sending } from '../graph/send';
import { useWords } from '../language/words';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import type { Change } from './policyDraft';
import { administrationWords } from './words';

/** Saves what was just previewed, with a reason: nothing that somebody has not seen the effect of. */
export function SavePolicyForm({
  sending: { said, isRunning, send, say },
  change,
  basedOn,
  isSeen,
  onSaved,
}: {
  sending: Sending;
  change: Change;
  basedOn: number;
  isSeen: boolean;
  onSaved: (version: number, text: string) => void;
}) {
  const t = useWords(administrationWords);
  const s = useWords(stateWords);
  const id = useId();
  const [reason, setReason] = useState('');
  const save = async () => {
    if (reason.trim() === '') return say({ text: t.policyReasonMissing, isGood: false });
    return void (await send(async () => {
      const { savePolicy } = (await ask(SavePolicy, { input: { ...change, basedOn, reason: reason.trim() } })).data;
      if (savePolicy.policy !== null) {
        const { version } = savePolicy.policy;
        onSaved(version, [t.policySaved(version), notShownYet(savePolicy, s)].filter((text) => text !== '').join(' '));
      }
      return savePolicy.userErrors;
    }, ''));
  };
  return (
    <form
      className="save-policy"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p className="muted">{t.savePolicyWhy}</p>
      <div className="row">
        <label htmlFor={id} className="hidden">
          {t.policyReason}
        </label>
        <input id={id} className="grow" value={reason} maxLength={500} placeholder={t.policyReason} onChange={(event) => setReason(event.target.value)} />
        <button type="submit" className="button primary" disabled={isRunning || !isSeen}>
          {t.savePolicy}
        </button>
      </div>
      {!isSeen && !isRunning && <p className="muted">{t.previewAgain}</p>}
      <Said said={said} />
    </form>
  );
}
