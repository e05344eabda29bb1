import { Table } from '../app/Table';
import type { SavedFragment } from '../graph/generated/types';
import { useWords } from '../language/words';
import { useSettingText } from './settingText';
import { administrationWords } from './words';

/** What stands over the configuration, beside what that says; each can be chosen to be taken back. */
export function SavedOver({
  saved,
  takeBack,
  onChange,
}: {
  saved: readonly SavedFragment[];
  takeBack: readonly string[];
  onChange: (takeBack: readonly string[]) => void;
}) {
  const t = useWords(administrationWords);
  const text = useSettingText();
  if (saved.length === 0) return null;
  return (
    <Table label={t.savedOver} className="scroll-x saved-over" caption={t.savedOver} heads={[t.setting, t.now, t.configured, t.takeBack]}>
      {saved.map(({ key, value, configured }) => (
        <tr key={key}>
          <th scope="row">{text.keyOf(key)}</th>
          <td>{text.valueOf(value)}</td>
          <td>{text.valueOf(configured)}</td>
          <td>
            <label className="check">
              <input
                type="checkbox"
                checked={takeBack.includes(key)}
                onChange={(event) => onChange(event.target.checked ? [...takeBack, key] : takeBack.filter((other) => other !== key))}
              />
              {t.takeBack}
              <span className="hidden">{text.keyOf(key)}</span>
            </label>
          </td>
        </tr>
      ))}
    </Table>
  );
}
