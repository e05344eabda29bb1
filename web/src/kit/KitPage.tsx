import { useState } from 'react';
import { Link } from '../app/Link';
import { token } from '../graph/session';
import { useLanguage } from '../language/choice';
import { useWords } from '../language/words';
import { copied } from '../states/clipboard';
import { stateWords } from '../states/words';
import './kit.css';
import { kitWords } from './words';

/** Where a developer begins: the graph, its schema, the query page, and the first map with the kit. Every command names this very hub. */
export default function KitPage() {
  const t = useWords(kitWords);
  const lang = useLanguage();
  const { origin } = location;
  const rights = token() === null ? '' : `\n  -H "authorization: Bearer $HUITU_TOKEN" \\`;
  const asking = `curl -s ${origin}/graphql -H 'content-type: application/json' -H 'accept-language: ${lang}' \\${rights}
  -d '{"query":"{ gap(first: 10) { totalCount nodes { name creditCode gap { reasons { message } } } } }"}'`;
  const map = `cd kit/typescript && npm install && npm run map -- --hub ${origin}`;
  const checking = `curl -s ${origin}/check -H 'content-type: application/json' -H 'accept-language: ${lang}' \\${rights}
  -d '{"purpose":"opening approval","units":["91110108MA0000000X"]}'`;
  return (
    <div className="page kit">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
        <a className="button primary" href="/graphiql">
          {t.query}
        </a>
      </header>
      <section className="card">
        <h2>{t.map}</h2>
        <p>{t.mapWhy}</p>
        <Command text={map} />
        <p className="muted">{t.mapThen}</p>
        <dl className="facts">
          <div>
            <dt>
              <a href="/map/style.json">{t.style}</a>
            </dt>
            <dd>{t.styleWhy}</dd>
          </div>
          <div>
            <dt>
              <a href="/geo/districts.geojson">{t.districts}</a>
            </dt>
            <dd>{t.districtsWhy}</dd>
          </div>
        </dl>
      </section>
      <section className="card">
        <h2>{t.ask}</h2>
        <p>{t.askWhy}</p>
        <Command text={asking} />
        <dl className="facts">
          <div>
            <dt>{t.address}</dt>
            <dd>
              <code>{origin}/graphql</code>
            </dd>
          </div>
          <div>
            <dt>
              <a href="/schema.graphql">{t.schema}</a>
            </dt>
            <dd>{t.schemaWhy}</dd>
          </div>
          <div>
            <dt>
              <a href="/graphiql">{t.query}</a>
            </dt>
            <dd>{t.queryWhy}</dd>
          </div>
        </dl>
      </section>
      <section className="card">
        <h2>{t.counter}</h2>
        <p>{t.counterWhy}</p>
        <Command text={checking} />
      </section>
      <section className="card">
        <h2>{t.events}</h2>
        <p>
          {t.eventsWhy} <Link to="/administration">{t.toAdministration}</Link>
        </p>
      </section>
    </div>
  );
}

function Command({ text }: { text: string }) {
  const t = useWords(kitWords);
  const s = useWords(stateWords);
  const [isCopied, setCopied] = useState<boolean | null>(null);
  return (
    <div className="command">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <button
        type="button"
        className="button"
        onClick={() => {
          void copied(text).then(setCopied);
        }}
      >
        {isCopied === true ? t.copied : t.copy}
      </button>
      <span role="status" className="said">
        {isCopied === false ? s.notCopied : ''}
      </span>
    </div>
  );
}
