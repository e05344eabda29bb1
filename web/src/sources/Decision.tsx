import { useId, useState } from 'react';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { useWords } from '../language/words';
import { sourceWords } from './words';

/** Release or reject, with a reason; what is wrong with it is said in place, and what was typed stays. */
export function Decision({ release, reject, onRelease, onReject }: { release: string; reject: string; onRelease: (reason: string) => Promise<string>; onReject: (reason: string) => Promise<string> }) {
  const t = useWords(sourceWords);
  const id = useId();
  const askAgain = useAskAgain();
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const [isRunning, setRunning] = useState(false);
  const decide = async (send: (reason: string) => Promise<string>) => {
    if (reason.trim() === '') return setSaid({ text: t.reasonMissing, isGood: false });
    setRunning(true);
    try {
      const wrong = await send(reason.trim());
      setSaid(wrong === '' ? { text: t.decided, isGood: true } : { text: wrong, isGood: false });
      if (wrong === '') void askAgain();
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
    }
    return setRunning(false);
  };
  return (
    <form className="row decision-form" onSubmit={(event) => event.preventDefault()}>
      <label htmlFor={id} className="hidden">
        {t.reason}
      </label>
      <input id={id} className="grow" value={reason} maxLength={500} placeholder={t.reason} onChange={(event) => setReason(event.target.value)} />
      <button type="button" className="button primary" disabled={isRunning} onClick={() => void decide(onRelease)}>
        {release}
      </button>
      <button type="button" className="button danger" disabled={isRunning} onClick={() => void decide(onReject)}>
        {reject}
      </button>
      <span role="status" className={said?.isGood === true ? 'said good' : 'said'}>
        {said?.text ?? ''}
      </span>
    </form>
  );
}
