import { useState } from 'react';
import { useMay } from '../app/standing';
import { fileOf } from '../graph/file';
import { Said, textOf, type Told } from '../graph/send';
import { language } from '../language/choice';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { stateWords } from '../states/words';
import { saveWords, type SavedList } from './saveWords';

const forms = ['csv', 'gb18030', 'xlsx'] as const;

/** The file's address: what the page shows, in the language it is shown in. */
function address(list: SavedList, form: (typeof forms)[number], query: Readonly<Record<string, string>>): string {
  const asked = new URLSearchParams({ ...query, lang: language() });
  if (form === 'gb18030') asked.set('encoding', 'gb18030');
  return `/export/work/${list}.${form === 'xlsx' ? 'xlsx' : 'csv'}?${asked}`;
}

/** Lists of work as files: all lines of what the page asks, not those of one page of it. */
export function SaveAs({ lists, query = {} }: { lists: readonly SavedList[]; query?: Readonly<Record<string, string>> }) {
  const t = useWords(saveWords);
  const s = useWords(stateWords);
  const may = useMay('export');
  const [said, say] = useState<Told | null>(null);
  const [isRunning, setRunning] = useState(false);
  const save = async (list: SavedList, form: (typeof forms)[number]) => {
    setRunning(true);
    try {
      offer(await fileOf(address(list, form, query)), `huitu-${list}${form === 'gb18030' ? '-gb18030' : ''}.${form === 'xlsx' ? 'xlsx' : 'csv'}`);
      say({ text: t.saved, isGood: true });
    } catch (problem) {
      say({ text: textOf(problem), isGood: false });
    } finally {
      setRunning(false);
    }
  };
  return (
    <details className="menu no-print">
      <summary>{t.save}</summary>
      <div className="save-as">
        {may === false ? (
          <p>{s.forbiddenWhy(s.scopes['export'] ?? 'export')}</p>
        ) : (
          <>
            <p className="muted small">{t.what}</p>
            {lists.map((list) =>
              forms.map((form) => (
                <button key={`${list} ${form}`} type="button" disabled={isRunning} onClick={() => void save(list, form)}>
                  {t.as(t.lists[list], t.forms[form])}
                </button>
              )),
            )}
          </>
        )}
        <Said said={said} />
      </div>
    </details>
  );
}
