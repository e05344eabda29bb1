import { useEffect, useId, useState } from 'react';
import { go } from '../app/address';
import { ask } from '../graph/client';
import { RemoveView } from '../graph/generated/RemoveView';
import { SavedViews } from '../graph/generated/SavedViews';
import { SaveView } from '../graph/generated/SaveView';
import { useAskAgain, useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { handOver, PAGE } from './views';
import { gapWords } from './words';

/** Saved views, the caller's own on whatever machine: open one, save the present one under a name. */
export function Views() {
  const t = useWords(gapWords);
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const question = useQuestion(SavedViews, {}, { enabled: isOpen });
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSend();
  useEffect(() => {
    if (!isOpen) return;
    handOver().then(
      (some) => (some ? void askAgain() : undefined),
      // Without the hub they stay where they are, for the next time.
      () => undefined,
    );
    // Once for each opening.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isOpen]);
  const save = async () => {
    const input = { page: PAGE, name: name.trim(), query: location.search };
    if (await send(async () => (await ask(SaveView, { input })).data.saveView.userErrors, t.viewSaved)) setName('');
  };
  const remove = (view: string) => send(async () => (await ask(RemoveView, { input: { page: PAGE, name: view } })).data.removeView.userErrors, '');
  return (
    <details className="menu" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.views}</summary>
      <div className="views">
        {isOpen && (
          <Answered question={question} rows={2}>
            {({ savedViews }) => (
              <>
                {savedViews.length === 0 && <p className="muted">{t.noViews}</p>}
                <ul>
                  {savedViews.map((view) => (
                    <li key={view.name} className="row">
                      <button type="button" className="plain" onClick={() => go(`/gaps${view.query}`)}>
                        {view.name}
                      </button>
                      <button type="button" className="plain" disabled={isRunning} aria-label={t.removeView(view.name)} onClick={() => void remove(view.name)}>
                        ×
                      </button>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </Answered>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') void save();
          }}
        >
          <label htmlFor={id} className="hidden">
            {t.viewName}
          </label>
          <input id={id} value={name} maxLength={60} placeholder={t.viewName} onChange={(event) => setName(event.target.value)} />
          <button type="submit" className="button" disabled={isRunning}>
            {t.saveView}
          </button>
        </form>
        <Said said={said} />
        <p className="muted small">{t.viewsKept}</p>
      </div>
    </details>
  );
}
