import { useState } from 'react';
import { useWords } from '../language/words';
import { copied } from '../states/clipboard';
import { stateWords } from '../states/words';
import { administrationWords } from './words';

/** A secret that is told this once: it goes when whoever made it says that it is kept. */
export function NewSecret({ of, secret, onKept }: { of: string; secret: string; onKept: () => void }) {
  const t = useWords(administrationWords);
  const s = useWords(stateWords);
  const [isCopied, setCopied] = useState<boolean | null>(null);
  return (
    <div className="notice new-secret" role="alert">
      <h3>{t.secretOf(of)}</h3>
      <p>
        <code>{secret}</code>
      </p>
      <p className="muted">{t.secretOnce}</p>
      {isCopied === false && <p className="said">{s.notCopied}</p>}
      <div className="row">
        <button type="button" className="button" onClick={() => void copied(secret).then(setCopied)}>
          {isCopied === true ? t.copied : t.copy}
        </button>
        <button type="button" className="button primary" onClick={onKept}>
          {t.kept}
        </button>
      </div>
    </div>
  );
}
