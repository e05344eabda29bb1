import { useState } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { CorrectionsOf } from '../corrections/CorrectionsOf';
import { ask } from '../graph/client';
import { Sources } from '../graph/generated/Sources';
import { StartSync } from '../graph/generated/StartSync';
import type { SourcesQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { Batches } from './Batches';
import { ConflictsOf } from './ConflictsOf';
import { HeldEdition } from './HeldEdition';
import { useProgress, type Step } from './progress';
import { QualityOverTime } from './QualityOverTime';
import { QualityTrend } from './QualityTrend';
import { completenessOf, QualityOf } from './QualityOf';
import { QuarantineOf } from './QuarantineOf';
import { UnenteredOf } from './UnenteredOf';
import { RegistryStateOf } from './State';
import { sourceWords } from './words';
import './sources.css';

type Registry = SourcesQuery['registries'][number];

/** The registries: how they are, what they brought, and what of it waits for a person. */
export default function SourcesPage() {
  const t = useWords(sourceWords);
  const [parameters, set] = useParameters();
  const mayOperate = useMay('operate') === true;
  const question = useQuestion(Sources, {});
  const steps = useProgress(true);
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const open = parameters.get('registry');
  const sync = async (registries: string[] | null) => {
    try {
      const { data } = await ask(StartSync, { input: { registries } });
      const { started, userErrors } = data.startSync;
      setSaid({ text: started ? t.syncStarted : userErrors.map((error) => error.message).join(' '), isGood: started });
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
    }
  };
  const everything = steps.get('');
  return (
    <div className="page sources">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
        {mayOperate && (
          <div className="row">
            <span role="status" className={said?.isGood === false ? 'said' : 'said good'}>
              {everything !== undefined && everything.stage !== 'done' ? everything.message : (said?.text ?? '')}
            </span>
            <button type="button" className="button primary" onClick={() => void sync(null)}>
              {t.syncAll}
            </button>
          </div>
        )}
      </header>
      <HeldEdition mayOperate={mayOperate} />
      <Answered question={question} rows={8}>
        {({ registries }) => {
          const chosen = registries.find((registry) => registry.name === open);
          return (
            <>
              <NoLonger known={{ registry: (name) => registries.some((registry) => registry.name === name) }} />
              <Table label={t.title} className="card scroll-x" heads={[t.registry, t.state, t.lastGood, { number: t.records }, { number: t.latest }, { number: t.quality }, { number: t.quarantine }, t.details]}>
                {registries.map((registry) => (
                  <Line
                    key={registry.name}
                    registry={registry}
                    step={steps.get(registry.name)}
                    isOpen={registry.name === open}
                    mayOperate={mayOperate}
                    onOpen={() => set({ registry: registry.name === open ? null : registry.name }, 'replace')}
                    onSync={() => void sync([registry.name])}
                  />
                ))}
              </Table>
              {chosen !== undefined && <Details registry={chosen} mayOperate={mayOperate} />}
            </>
          );
        }}
      </Answered>
    </div>
  );
}

function Line({ registry, step, isOpen, mayOperate, onOpen, onSync }: { registry: Registry; step: Step | undefined; isOpen: boolean; mayOperate: boolean; onOpen: () => void; onSync: () => void }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const { quality } = registry;
  const batch = registry.batches?.nodes[0];
  return (
    <tr className={isOpen ? 'open' : undefined}>
      <th scope="row">
        {registry.title}
        {registry.owner !== null && <span className="part">{registry.owner}</span>}
      </th>
      <td>
        <RegistryStateOf state={registry.state} />
        {(registry.correctionCounts?.waiting ?? 0) > 0 && (
          <span className={(registry.correctionCounts?.overdue ?? 0) > 0 ? 'part gap' : 'part'}>{t.asked(f.count(registry.correctionCounts?.waiting), f.count(registry.correctionCounts?.overdue))}</span>
        )}
        {registry.lateSince !== null && <span className="part">{t.lateSince(f.day(registry.lateSince))}</span>}
        {step !== undefined && step.stage !== 'done' && (
          <span className="part">
            <progress max={step.of ?? undefined} value={step.of === null ? undefined : step.done} aria-label={`${t.progress} ${registry.title}`} /> {f.count(step.done)}
          </span>
        )}
      </td>
      <td className="nowrap">{f.instant(registry.lastGood)}</td>
      <td className="number">{f.count(registry.records)}</td>
      <td className="number">{batch === undefined ? '—' : `${f.count(batch.read)} / ${f.count(batch.landed)} / ${f.count(batch.quarantined)}`}</td>
      <td className="number">
        {quality === null ? '—' : f.percent(completenessOf(quality))}
        {quality !== null && <span className="part">{t.linkedUnique(f.percent(quality.linked.value), f.percent(quality.uniqueness.value))}</span>}
        {quality?.timelinessDays != null && <span className="part">{t.timeliness(f.count(quality.timelinessDays))}</span>}
      </td>
      <td className={(registry.quarantine?.totalCount ?? 0) > 0 ? 'number gap' : 'number'}>{f.count(registry.quarantine?.totalCount)}</td>
      <td>
        <span className="row nowrap-row">
          <button type="button" className="plain" aria-expanded={isOpen} aria-label={`${isOpen ? t.close : t.details} ${registry.title}`} onClick={onOpen}>
            {isOpen ? t.close : t.details}
          </button>
          {mayOperate && (
            <button type="button" className="plain" aria-label={`${t.sync} ${registry.title}`} onClick={onSync}>
              {t.sync}
            </button>
          )}
        </span>
      </td>
    </tr>
  );
}

function Details({ registry, mayOperate }: { registry: Registry; mayOperate: boolean }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const mayReview = useMay('review') === true;
  return (
    <section className="card details">
      <h2>{registry.title}</h2>
      <p className="muted">{[registry.owner !== null && f.named(t.owner, registry.owner), registry.legalBasis !== null && f.named(t.legalBasis, registry.legalBasis)].filter(Boolean).join(' · ')}</p>
      <section>
        <h3>{t.batches}</h3>
        {registry.batches !== null && <QualityTrend batches={registry.batches.nodes} />}
        <QualityOverTime registry={registry.name} />
        {registry.batches === null ? <Forbidden scope="operate" /> : <Batches batches={registry.batches.nodes} mayDecide={mayOperate} />}
      </section>
      <QuarantineOf registry={registry.name} mayReplay={mayOperate} />
      {mayReview && <UnenteredOf registry={registry.name} />}
      {registry.quality !== null && <QualityOf quality={registry.quality} />}
      <CorrectionsOf registry={registry.name} isDepartments={false} />
      <ConflictsOf registry={registry.name} />
    </section>
  );
}
