import { useState } from 'react';
import { useWords } from '../language/words';
import { administrationWords } from './words';

/** A secret that is told this once: it goes when whoever made it says that it is kept. */
export function NewSecret({ of, secret, onKept }: { of: string; secret: string; onKept: () => void }) {
  const t = useWords(administrationWords);
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      // Without https the browser keeps the clipboard to itself: the text can be selected.
      () => setCopied(false),
    );
  return (
    <div className="notice new-secret" role="alert">
      <h3>{t.secretOf(of)}</h3>
      <p>
        <code>{secret}</code>
      </p>
      <p className="muted">{t.secretOnce}</p>
      <div className="row">
        <button type="button" className="button" onClick={() => void copy()}>
          {isCopied ? t.copied : t.copy}
        </button>
        <button type="button" className="button primary" onClick={onKept}>
          {t.kept}
        </button>
      </div>
    </div>
  );
}
