import { useId, useState } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { OpenMany } from '../cases/OpenMany';
import { UnitChoice } from '../cases/UnitChoice';
import { headers } from '../graph/client';
import { LeadCases } from '../graph/generated/LeadCases';
import { LeadEnterprises } from '../graph/generated/LeadEnterprises';
import type { CaseOrigin, EnterpriseTag } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { token } from '../graph/session';
import { useLanguage } from '../language/choice';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { Forbidden } from '../states/Failed';
import { LeadList } from './LeadList';
import { listWords } from './words';

type Kind = Exclude<CaseOrigin, 'LIST' | 'HAND'>;

/** Leads that a registry brings have a mark that the gap list is filtered by; the others come one by one. */
const TAGS: Readonly<Partial<Record<Kind, EnterpriseTag>>> = { PREPARATORY_FUND: 'PAYS_PREPARATORY_FUND', DISPUTE: 'DISPUTE_LAST_12_MONTHS' };
const kinds = ['PREPARATORY_FUND', 'DISPUTE', 'HOTLINE', 'MEDIA', 'NAMED_LIST'] as const satisfies readonly Kind[];

export function LeadsOf() {
  const t = useWords(listWords);
  const [parameters, set] = useParameters();
  const area = parameters.get('area') ?? '';
  const id = useId();
  const may = { review: useMay('review'), finance: useMay('finance'), records: useMay('records'), export: useMay('export') };
  const open = kinds.find((kind) => kind === parameters.get('open')) ?? null;
  if (may.review === false) return <Forbidden scope="review" />;
  return (
    <>
      <section className="card flat">
        <div className="row fields inset">
          <p className="muted">{t.leadsWhy}</p>
          <div className="field">
            <label htmlFor={`${id}a`}>{t.area}</label>
            <UnitChoice id={`${id}a`} value={area} none={t.anyArea} withFederation={false} onChange={(code) => set({ area: code }, 'replace')} />
          </div>
        </div>
        <Table label={t.leads} heads={[t.lead, { number: t.inGap }, { number: t.openLeads }, t.open]}>
          {kinds.map((kind) => (
            <Lead
              key={kind}
              kind={kind}
              area={area}
              may={(kind !== 'PREPARATORY_FUND' || may.finance === true) && (kind !== 'DISPUTE' || may.records === true)}
              isOpen={open === kind}
              onOpen={() => set({ open: open === kind ? null : kind }, 'replace')}
            />
          ))}
        </Table>
      </section>
      {open !== null && TAGS[open] !== undefined && (
        <section className="card no-print">
          <h2>{t.openFor(t.kinds[open])}</h2>
          <OpenMany key={open} whom={{ filter: { tags: [TAGS[open]], area: area === '' ? undefined : [area] }, include: ['LACKING', 'UNDECIDED'], origin: open }} />
        </section>
      )}
      {may.review === true && <LeadList area={area} />}
      {may.finance === true && may.export === true && <Letters area={area} />}
    </>
  );
}

function Lead({ kind, area, may, isOpen, onOpen }: { kind: Kind; area: string; may: boolean; isOpen: boolean; onOpen: () => void }) {
  const t = useWords(listWords);
  const f = useFormat();
  const tag = TAGS[kind];
  const within = area === '' ? undefined : [area];
  const enterprises = useQuestion(LeadEnterprises, { filter: { tags: tag === undefined ? undefined : [tag], area: within } }, { enabled: may && tag !== undefined });
  const cases = useQuestion(LeadCases, { filter: { origin: [kind], state: ['OPEN'], area: within } }, { enabled: may });
  const query = area === '' ? '' : `&area=${area}`;
  return (
    <tr className={isOpen ? 'open' : undefined}>
      <th scope="row">{t.kinds[kind]}</th>
      <td className="number">
        {tag === undefined || enterprises.data === undefined ? (
          NOTHING
        ) : (
          <Link to={`/gaps?part=both&tags=${tag}${query}`}>{f.count(enterprises.data.data.gap.totalCount)}</Link>
        )}
      </td>
      <td className="number">{cases.data?.data.cases == null ? NOTHING : <Link to={`/cases?origin=${kind}${query}`}>{f.count(cases.data.data.cases.totalCount)}</Link>}</td>
      <td>
        {tag === undefined ? (
          <span className="muted small">{kind === 'NAMED_LIST' ? <Link to="/lists">{t.lists}</Link> : t.byHand}</span>
        ) : (
          may && (
            <button type="button" className="plain" aria-expanded={isOpen} aria-label={t.openFor(t.kinds[kind])} onClick={onOpen}>
              {t.open}
            </button>
          )
        )}
      </td>
    </tr>
  );
}

function Letters({ area }: { area: string }) {
  const t = useWords(listWords);
  const lang = useLanguage();
  const [problem, setProblem] = useState('');
  const path = `/letters/notice.html?lang=${lang}${area === '' ? '' : `&area=${area}`}`;
  const fetchThem = async () => {
    try {
      const response = await fetch(path, { headers: headers() });
      if (!response.ok) throw new Error(((await response.json()) as { error?: { message: string } }).error?.message ?? `HTTP ${response.status}`);
      offer(await response.blob(), 'letters.html');
      setProblem('');
    } catch (cause) {
      setProblem(textOf(cause));
    }
  };
  return (
    <section className="card no-print letters">
      <h2>{t.letters}</h2>
      <p className="muted">{t.lettersWhy}</p>
      {token() === null ? (
        <a className="button" href={path} target="_blank" rel="noreferrer">
          {t.print}
        </a>
      ) : (
        <button type="button" className="button" onClick={() => void fetchThem()}>
          {t.print}
        </button>
      )}
      <p role="alert" className="said">
        {problem}
      </p>
    </section>
  );
}
