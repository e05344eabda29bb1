import { useEffect, useState } from 'react';
import { useAddress, useParameters } from '../app/address';
import { Link } from '../app/Link';
import { EnterpriseCard } from '../graph/generated/EnterpriseCard';
import { CaseOf } from '../cases/CaseOf';
import { CorrectionsOfEnterprise } from '../corrections/CorrectionsOfEnterprise';
import { useQuestion } from '../graph/question';
import { Said, type Told } from '../graph/send';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { copied } from '../states/clipboard';
import { stateWords } from '../states/words';
import type { Card } from './card';
import { Facts } from './Facts';
import { Findings } from './Findings';
import { IdentityOf } from './IdentityOf';
import { LiveLookUp } from './LiveLookUp';
import { Matrix } from './Matrix';
import { Possible } from './Possible';
import { RawRecords } from './RawRecords';
import { Relations } from './Relations';
import { LookedAtBy } from './LookedAtBy';
import { Timeline } from './Timeline';
import { Verdicts } from './Verdicts';
import { enterpriseWords } from './words';
import './enterprise.css';

/** One enterprise: what was decided of it and why, who says what, and what a person can add. */
export default function EnterprisePage() {
  const t = useWords(enterpriseWords);
  const s = useWords(stateWords);
  const key = decodeURIComponent(useAddress().pathname.slice('/e/'.length));
  const at = useParameters()[0].get('at');
  const by = /^[0-9A-Z]{18}$/.test(key) ? { creditCode: key } : { id: key };
  const question = useQuestion(EnterpriseCard, { by, asOf: at }, { keep: false });
  return (
    <div className="page enterprise">
      <Answered question={question} rows={12}>
        {({ enterprise }, answer) =>
          enterprise === null ? (
            <div className="notice">
              <h1>{t.notFound}</h1>
              <p>{t.notFoundWhy}</p>
              <Link to="/gaps" className="button">
                {t.list}
              </Link>
            </div>
          ) : (
            <>
              <Head card={enterprise} />
              {answer.refused.some((problem) => problem.code === 'FORBIDDEN_FIELD') && <p className="muted">{s.hiddenFields}</p>}
              <Verdicts card={enterprise} />
              {at === null && <CaseOf id={enterprise.id} />}
              <Possible card={enterprise} />
              <Facts card={enterprise} />
              <Matrix card={enterprise} />
              {at === null && <CorrectionsOfEnterprise id={enterprise.id} />}
              <IdentityOf card={enterprise} />
              <div className="two">
                <Relations card={enterprise} />
                <Timeline card={enterprise} />
              </div>
              <Findings card={enterprise} />
              <LiveLookUp id={enterprise.id} />
              <LookedAtBy enterprise={enterprise.id} />
              <RawRecords id={enterprise.id} />
            </>
          )
        }
      </Answered>
    </div>
  );
}

function Head({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const code = useCode();
  const s = useWords(stateWords);
  const [said, setSaid] = useState<Told | null>(null);
  useEffect(() => {
    document.title = `${card.name} · 会图`;
  }, [card.name]);
  const { area } = card;
  const parents = area === null ? [] : area.level === 'TOWN' && area.parent !== null ? [area.parent, area] : [area];
  const written = card.creditCode ?? card.creditCodeRaw;
  return (
    <header className="page-head">
      <div>
        <nav className="crumbs muted" aria-label={t.list}>
          <Link to="/gaps">{t.list}</Link>
          {parents.map((parent) => (
            <span key={parent.code}>
              {' › '}
              <Link to={`/gaps?area=${parent.code}`}>{parent.name}</Link>
            </span>
          ))}
        </nav>
        <h1>{card.name}</h1>
        <p className="row">
          {written !== null && <code>{written}</code>}
          {card.creditCode === null && card.creditCodeRaw !== null && <span className="said">{t.codeBroken}</span>}
          {card.status !== null && <span className="chip">{code('values', card.status)}</span>}
          {card.formerNames.length > 0 && <span className="muted">{`${t.formerly} ${f.list(card.formerNames)}`}</span>}
        </p>
      </div>
      <div className="row no-print">
        <Said said={said} />
        {written !== null && (
          <button type="button" className="button" onClick={() => void copied(written).then((isCopied) => setSaid(isCopied ? { text: t.copied, isGood: true } : { text: s.notCopied, isGood: false }))}>
            {t.copy}
          </button>
        )}
        <button type="button" className="button" onClick={() => print()}>
          {t.print}
        </button>
      </div>
    </header>
  );
}
