import { useId, useState } from 'react';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { Policy } from '../graph/generated/Policy';
import { PolicyPreview } from '../graph/generated/PolicyPreview';
import type { PolicyChangeInput, PolicyFiguresFragment, PolicyPreviewQuery, PolicyQuery, UnionStatus } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { administrationWords } from './words';

type InForce = PolicyQuery['policy'];
type Found = NonNullable<PolicyPreviewQuery['policyPreview']>;
const kinds = ['INDEPENDENT', 'PARENT', 'JOINT', 'FEDERATION', 'PREPARING'] as const satisfies readonly UnionStatus[];

/** The policy in force, and what would change with another one: tried here, kept in the configuration. */
export function PolicyOf() {
  const t = useWords(administrationWords);
  const question = useQuestion(Policy, {});
  return (
    <Answered question={question} rows={10}>
      {({ policy, registries }) => (
        <>
          <Preview policy={policy} />
          <Thresholds policy={policy} />
          <section className="card">
            <h2>{t.schedules}</h2>
            <dl className="pairs">
              {registries.map((registry) => (
                <div key={registry.name} className="pair">
                  <dt>{registry.title}</dt>
                  <dd>{registry.schedule === null ? <span className="muted">{t.noSchedule}</span> : <code>{registry.schedule}</code>}</dd>
                </div>
              ))}
            </dl>
          </section>
        </>
      )}
    </Answered>
  );
}

interface Draft {
  readonly grace: string;
  readonly counted: readonly UnionStatus[];
  readonly established: readonly UnionStatus[];
  readonly branches: boolean;
  readonly individuals: boolean;
  readonly proxy: string;
  readonly weights: Readonly<Record<string, string>>;
}

const draftOf = (policy: InForce): Draft => ({
  grace: String(policy.graceMonths),
  counted: policy.countedKinds,
  established: policy.establishedKinds,
  branches: policy.branchesOutOfScope,
  individuals: policy.individualsOutOfScope,
  proxy: policy.proxyAbove === null ? '' : String(policy.proxyAbove),
  weights: Object.fromEntries(policy.weights.map(({ name, value }) => [name, String(value)])),
});

/** What differs from the policy in force. */
function changeOf(policy: InForce, draft: Draft): PolicyChangeInput {
  const was = draftOf(policy);
  const isSame = (one: readonly string[], other: readonly string[]) => one.length === other.length && one.every((kind) => other.includes(kind));
  const weights = Object.entries(draft.weights).flatMap(([name, value]) => (value === was.weights[name] || value === '' ? [] : [{ name, value: Number(value) }]));
  return {
    ...(draft.grace === was.grace || draft.grace === '' ? {} : { graceMonths: Number(draft.grace) }),
    ...(isSame(draft.counted, was.counted) ? {} : { countedKinds: [...draft.counted] }),
    ...(isSame(draft.established, was.established) ? {} : { establishedKinds: [...draft.established] }),
    ...(draft.branches === was.branches ? {} : { branchesOutOfScope: draft.branches }),
    ...(draft.individuals === was.individuals ? {} : { individualsOutOfScope: draft.individuals }),
    ...(draft.proxy === was.proxy ? {} : { proxyAbove: draft.proxy === '' ? null : Number(draft.proxy) }),
    ...(weights.length === 0 ? {} : { weights }),
  };
}

function Preview({ policy }: { policy: InForce }) {
  const t = useWords(administrationWords);
  const id = useId();
  const may = useMay('operate');
  const [draft, setDraft] = useState(() => draftOf(policy));
  const [asked, setAsked] = useState<PolicyChangeInput | null>(null);
  const question = useQuestion(PolicyPreview, { change: asked ?? {} }, { enabled: asked !== null, keep: false });
  const put = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  const change = changeOf(policy, draft);
  const toggled = (all: readonly UnionStatus[], kind: UnionStatus) => (all.includes(kind) ? all.filter((other) => other !== kind) : [...all, kind]);
  return (
    <section className="card policy">
      <h2>{t.preview}</h2>
      <p className="muted">{t.previewWhy}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(change);
        }}
      >
        <div className="row fields">
          <div className="field">
            <label htmlFor={`${id}g`}>{t.grace}</label>
            <input id={`${id}g`} type="number" min={0} max={120} value={draft.grace} onChange={(event) => put({ grace: event.target.value })} />
          </div>
          <div className="field">
            <label htmlFor={`${id}p`}>{t.proxy}</label>
            <input id={`${id}p`} type="number" min={1} value={draft.proxy} onChange={(event) => put({ proxy: event.target.value })} />
          </div>
          <label className="check">
            <input type="checkbox" checked={draft.branches} onChange={() => put({ branches: !draft.branches })} />
            {t.branches}
          </label>
          <label className="check">
            <input type="checkbox" checked={draft.individuals} onChange={() => put({ individuals: !draft.individuals })} />
            {t.individuals}
          </label>
        </div>
        {(['counted', 'established'] as const).map((which) => (
          <fieldset key={which} className="row kinds">
            <legend>{t.kindsOf[which]}</legend>
            {kinds.map((kind) => (
              <label key={kind} className="check">
                <input type="checkbox" checked={draft[which].includes(kind)} onChange={() => put({ [which]: toggled(draft[which], kind) })} />
                {t.kinds[kind]}
              </label>
            ))}
          </fieldset>
        ))}
        <fieldset className="row weights">
          <legend>{t.weights}</legend>
          {policy.weights.map(({ name }) => (
            <div key={name} className="field">
              <label htmlFor={id + name}>{t.weight[name] ?? name}</label>
              <input id={id + name} type="number" min={0} step="any" value={draft.weights[name] ?? ''} onChange={(event) => put({ weights: { ...draft.weights, [name]: event.target.value } })} />
            </div>
          ))}
        </fieldset>
        <div className="row">
          <button type="submit" className="button primary" disabled={may !== true || Object.keys(change).length === 0}>
            {t.tryIt}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              setDraft(draftOf(policy));
              setAsked(null);
            }}
          >
            {t.asInForce}
          </button>
        </div>
      </form>
      {may === false && <Forbidden scope="operate" />}
      {asked !== null && (
        <Answered question={question} rows={6}>
          {({ policyPreview }) => (policyPreview === null ? <Forbidden scope="operate" /> : <Changes found={policyPreview} />)}
        </Answered>
      )}
    </section>
  );
}

function Changes({ found }: { found: Found }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const name = useWords(terms);
  const figures = ['inScope', 'above', 'sizeUnknown', 'lacking', 'undecided', 'covered', 'established'] as const satisfies readonly (keyof PolicyFiguresFragment)[];
  const signed = (n: number) => (n > 0 ? `+${f.count(n)}` : f.count(n));
  return (
    <div className="policy-changes" role="status">
      <p>{found.judged === found.of ? t.judgedAll(f.count(found.of)) : t.judgedSome(f.count(found.judged), f.count(found.of))}</p>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.preview}>
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">{t.figure}</th>
              <th scope="col" className="number">
                {t.now}
              </th>
              <th scope="col" className="number">
                {t.then}
              </th>
              <th scope="col" className="number">
                {t.difference}
              </th>
            </tr>
          </thead>
          <tbody>
            {figures.map((figure) => (
              <tr key={figure}>
                <th scope="row">{t.figures[figure]}</th>
                <td className="number">{f.count(found.now[figure])}</td>
                <td className="number">{f.count(found.then[figure])}</td>
                <td className="number">{signed(found.then[figure] - found.now[figure])}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">{t.figures.coverageRate}</th>
              <td className="number">{f.percent(found.now.coverageRate)}</td>
              <td className="number">{f.percent(found.then.coverageRate)}</td>
              <td className="number">{found.now.coverageRate === null || found.then.coverageRate === null ? '—' : f.points(found.then.coverageRate - found.now.coverageRate)}</td>
            </tr>
          </tbody>
        </table>
      </div>
      <p>{t.beginning(f.count(found.stays), f.count(found.beginning))}</p>
      {found.moves.length === 0 ? (
        <p className="muted">{t.nobodyMoves}</p>
      ) : (
        <ul>
          {found.moves.map(({ from, to, enterprises }) => (
            <li key={`${from} ${to}`}>
              {name.gap[from]} → {name.gap[to]}: <strong>{f.count(enterprises)}</strong>
            </li>
          ))}
        </ul>
      )}
      {found.moved.length > 0 && (
        <details>
          <summary>{t.moved(f.count(found.moved.length))}</summary>
          <ul>
            {found.moved.map(({ from, to, enterprise }) => (
              <li key={enterprise.id}>
                <Link to={`/e/${enterprise.id}`}>{enterprise.name}</Link>{' '}
                <span className="muted">
                  {name.gap[from]} → {name.gap[to]}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Thresholds({ policy }: { policy: InForce }) {
  const t = useWords(administrationWords);
  const [all, setAll] = useState(false);
  const shown = policy.thresholds.filter((rule) => all || rule.inForce);
  return (
    <section className="card">
      <div className="page-head">
        <h2>{t.thresholds}</h2>
        <label className="check">
          <input type="checkbox" checked={all} onChange={() => setAll(!all)} />
          {t.formerToo}
        </label>
      </div>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.thresholds}>
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">{t.rule}</th>
              <th scope="col">{t.asks}</th>
              <th scope="col">{t.validFrom}</th>
              <th scope="col">{t.validUntil}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rule) => (
              <tr key={`${rule.code} ${rule.validFrom}`}>
                <th scope="row">
                  {rule.title}
                  <span className="part">
                    <code>{rule.code}</code>
                  </span>
                </th>
                <td>
                  <code>{rule.asks.join(rule.all ? t.and : t.or)}</code>
                </td>
                <td className="nowrap">{rule.validFrom}</td>
                <td className="nowrap">{rule.validTo ?? '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
