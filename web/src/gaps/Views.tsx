import { useId, useState } from 'react';
import { go } from '../app/address';
import { useWords } from '../language/words';
import { removeView, savedViews, saveView } from './views';
import { gapWords } from './words';

/** Saved views: open one, save the present one under a name. */
export function Views() {
  const t = useWords(gapWords);
  const id = useId();
  const [views, setViews] = useState(savedViews);
  const [name, setName] = useState('');
  return (
    <details className="menu">
      <summary>{t.views}</summary>
      <div className="views">
        {views.length === 0 && <p className="muted">{t.noViews}</p>}
        <ul>
          {views.map((view) => (
            <li key={view.name} className="row">
              <button type="button" className="plain" onClick={() => go(`/gaps${view.query}`)}>
                {view.name}
              </button>
              <button type="button" className="plain" aria-label={t.removeView(view.name)} onClick={() => setViews(removeView(view.name))}>
                ×
              </button>
            </li>
          ))}
        </ul>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() === '') return;
            setViews(saveView({ name: name.trim(), query: location.search }));
            setName('');
          }}
        >
          <label htmlFor={id} className="hidden">
            {t.viewName}
          </label>
          <input id={id} value={name} maxLength={60} placeholder={t.viewName} onChange={(event) => setName(event.target.value)} />
          <button type="submit" className="button">
            {t.saveView}
          </button>
        </form>
        <p className="muted small">{t.viewsKept}</p>
      </div>
    </details>
  );
}
