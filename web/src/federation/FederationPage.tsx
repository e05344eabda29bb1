import type { ReactNode } from 'react';
import { useParameters } from '../app/address';
import '../cases/cases.css';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { FederationTabs } from './Tabs';
import { federationWords } from './words';
import './federation.css';

/** What stands around each page of the federation: the way to the others, title, what the address named and is not there. */
export function FederationPage({
  className,
  title,
  intro,
  unknown = [],
  tools,
  children,
}: {
  className: string;
  title: ReactNode;
  intro: ReactNode;
  unknown?: readonly string[];
  tools?: ReactNode;
  children: ReactNode;
}) {
  const t = useWords(federationWords);
  const f = useFormat();
  const isEarlier = useParameters()[0].has('at');
  return (
    <div className={`page federation ${className}`}>
      <FederationTabs />
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          <p className="muted">{intro}</p>
        </div>
        {tools !== undefined && <div className="row no-print">{tools}</div>}
      </header>
      {isEarlier && <p className="muted">{t.entriesOfNow}</p>}
      {unknown.length > 0 && (
        <p className="said" role="alert">
          {t.unknown(f.list(unknown.slice(0, 5)))}
        </p>
      )}
      {children}
    </div>
  );
}
