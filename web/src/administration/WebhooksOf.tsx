import { useId, useState } from 'react';
import { useMay } from '../app/standing';
import '../cases/cases.css';
import { UnitChoice } from '../cases/UnitChoice';
import { ask } from '../graph/client';
import { CreateWebhook } from '../graph/generated/CreateWebhook';
import { RemoveWebhook } from '../graph/generated/RemoveWebhook';
import { ReplayWebhook } from '../graph/generated/ReplayWebhook';
import type { WebhookKind, WebhooksQuery } from '../graph/generated/types';
import { Webhooks } from '../graph/generated/Webhooks';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { administrationWords } from './words';

type Receiver = NonNullable<WebhooksQuery['webhooks']>[number];
const kinds: readonly WebhookKind[] = ['CASE', 'VERDICT', 'CORRECTION'];

/** The caller's receivers of changes: how each stands, and what waits for it. */
export function WebhooksOf() {
  const t = useWords(administrationWords);
  const mayExport = useMay('export');
  const question = useQuestion(Webhooks, {}, { enabled: mayExport === true });
  return (
    <section className="card webhooks">
      <h2>{t.webhooks}</h2>
      <p className="muted">{t.webhooksWhy}</p>
      {mayExport === false ? (
        <Forbidden scope="export" />
      ) : (
        <>
          <Answered question={question} rows={2}>
            {({ webhooks }) =>
              webhooks === null ? (
                <Forbidden scope="export" />
              ) : webhooks.length === 0 ? (
                <p className="muted">{t.noWebhooks}</p>
              ) : (
                <ul>
                  {webhooks.map((receiver) => (
                    <One key={receiver.id} receiver={receiver} />
                  ))}
                </ul>
              )
            }
          </Answered>
          <Add />
        </>
      )}
    </section>
  );
}

function One({ receiver }: { receiver: Receiver }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [since, setSince] = useState('');
  const replay = () => {
    let told = '';
    void send(
      async () => {
        const { data } = await ask(ReplayWebhook, { input: { id: receiver.id, since: new Date(since).toISOString() } });
        told = t.replayed(f.count(data.replayWebhook.replayed));
        return data.replayWebhook.userErrors;
      },
      () => told,
    );
  };
  return (
    <li>
      <p className="row">
        <code>{receiver.url}</code>
        {receiver.kinds.map((kind) => (
          <span key={kind} className="chip">
            {t.webhookKinds[kind]}
          </span>
        ))}
        <span className="muted">{receiver.areas.length === 0 ? t.allAreas : f.list(receiver.areas)}</span>
        <span className="muted">{f.day(receiver.createdAt)}</span>
      </p>
      <p className="row">
        <span className={receiver.givenUp > 0 ? 'status danger' : receiver.waiting > 0 ? 'status warn' : 'status ok'}>
          <span aria-hidden="true">{receiver.givenUp > 0 ? '✕' : receiver.waiting > 0 ? '▲' : '●'}</span>{' '}
          {receiver.waiting === 0 && receiver.givenUp === 0 ? t.allTold : t.waits(f.count(receiver.waiting), f.count(receiver.givenUp))}
        </span>
        {receiver.waitingSince !== null && <span className="muted">{t.waitingSince(f.instant(receiver.waitingSince))}</span>}
        {receiver.lastFailure !== null && <span className="said">{receiver.lastFailure}</span>}
      </p>
      <div className="row">
        <label htmlFor={`${id}s`}>{t.replaySince}</label>
        <input id={`${id}s`} type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />
        <button type="button" className="button" disabled={isRunning || since === ''} onClick={replay}>
          {t.replay}
        </button>
        <button
          type="button"
          className="button danger"
          disabled={isRunning}
          aria-label={`${t.removeWebhook} ${receiver.url}`}
          onClick={() => void send(async () => (await ask(RemoveWebhook, { id: receiver.id })).data.removeWebhook.userErrors, t.webhookRemoved)}
        >
          {t.removeWebhook}
        </button>
      </div>
      <Said said={said} />
    </li>
  );
}

function Add() {
  const t = useWords(administrationWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [url, setUrl] = useState('');
  const [chosen, setChosen] = useState<readonly WebhookKind[]>(['VERDICT']);
  const [area, setArea] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const add = async () => {
    const isDone = await send(async () => {
      const { data } = await ask(CreateWebhook, { input: { url: url.trim(), kinds: [...chosen], areas: area === '' ? null : [area] } });
      setSecret(data.createWebhook.secret);
      return data.createWebhook.userErrors;
    }, t.webhookAdded);
    if (isDone) setUrl('');
  };
  return (
    <form
      className="add-webhook"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <h3>{t.addWebhook}</h3>
      <div className="row fields">
        <div className="field grow">
          <label htmlFor={`${id}u`}>{t.webhookUrl}</label>
          <input id={`${id}u`} type="url" placeholder="https://" value={url} onChange={(event) => setUrl(event.target.value)} />
        </div>
        {kinds.map((kind) => (
          <label key={kind} className="check">
            <input type="checkbox" checked={chosen.includes(kind)} onChange={() => setChosen(chosen.includes(kind) ? chosen.filter((other) => other !== kind) : [...chosen, kind])} />
            {t.webhookKinds[kind]}
          </label>
        ))}
        <div className="field">
          <label htmlFor={`${id}a`}>{t.areas}</label>
          <UnitChoice id={`${id}a`} value={area} none={t.webhookAll} withFederation={false} onChange={setArea} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning || url.trim() === '' || chosen.length === 0}>
          {t.addWebhookDo}
        </button>
      </div>
      <Said said={said} />
      {secret !== null && (
        <p role="status" className="secret">
          {t.webhookSecret} <code>{secret}</code>
        </p>
      )}
    </form>
  );
}
