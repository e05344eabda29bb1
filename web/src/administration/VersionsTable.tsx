import { Table } from '../app/Table';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { useSettingText } from './settingText';
import { administrationWords } from './words';

export interface Version {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly changed: readonly { readonly key: string; readonly value: string | null }[];
  readonly takenBack: readonly string[];
}

/** What was saved over the configuration, by whom and why, the newest first. */
export function VersionsTable({ versions, label }: { versions: readonly Version[]; label: string }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const text = useSettingText();
  const shown = ({ changed, takenBack }: Version) =>
    f.list([...changed.map(({ key, value }) => `${text.keyOf(key)} ${text.valueOf(value)}`), ...(takenBack.length === 0 ? [] : [t.tookBack(f.list(takenBack.map(text.keyOf)))])]);
  return (
    <Table label={label} heads={[{ number: t.policyVersion }, t.when, t.who, t.policyChanged, t.policyWhy]}>
      {versions.map((one) => (
        <tr key={one.number}>
          <th scope="row" className="number">
            {one.number}
          </th>
          <td className="nowrap">{f.instant(one.at)}</td>
          <td>{one.by}</td>
          <td>{shown(one)}</td>
          <td>{one.reason}</td>
        </tr>
      ))}
    </Table>
  );
}
