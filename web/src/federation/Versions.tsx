import type { EnteredVersionFragment } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { words } from '../language/words';
import { useWords } from '../language/words';

const versionWords = words(
  {
    first: '首次录入',
    withdrawn: '撤回',
    same: '再次录入，内容不变',
    none: '空',
    fields: {
      code: '代码', name: '名称', level: '层级', parent: '上级', areas: '区划', industries: '行业', places: '地址', chair_post: '主席职务', founded_on: '成立日期', due_on: '完成期限', source: '来源',
      kind: '类别', unit: '单位', address: '地址', point: '坐标', services: '服务项目', party_station: '党建工作站', social_station: '社会工作站', union_station: '工会服务站', officers: '驻站人数',
      value: '数值', number: '数值', as_of: '截至', reading: '读法', confidence: '可靠程度', text: '原文',
    } as Record<string, string>,
  },
  {
    first: 'Entered first',
    withdrawn: 'Withdrawn',
    same: 'Entered again, the same',
    none: 'nothing',
    fields: {
      code: 'Code', name: 'Name', level: 'Level', parent: 'Parent', areas: 'Areas', industries: 'Industries', places: 'Addresses', chair_post: "Chair's post", founded_on: 'Founded on', due_on: 'Due on', source: 'Source',
      kind: 'Kind', unit: 'Unit', address: 'Address', point: 'Point', services: 'Services', party_station: 'Party station', social_station: 'Social-work station', union_station: 'Union station', officers: 'Officers',
      value: 'Value', number: 'Number', as_of: 'As of', reading: 'Reading', confidence: 'Confidence', text: 'Text',
    } as Record<string, string>,
  },
);

type Body = Readonly<Record<string, unknown>>;

function bodyOf(version: EnteredVersionFragment | undefined): Body | null {
  if (version === undefined || version.body === null) return null;
  try {
    return JSON.parse(version.body) as Body;
  } catch {
    return null;
  }
}

const write = (value: unknown): string => (Array.isArray(value) ? value.join('; ') : value === null || value === undefined ? '' : String(value));

/** What was entered when and by whom, the latest first, with what each version changed. */
export function Versions({ versions }: { versions: readonly EnteredVersionFragment[] }) {
  const t = useWords(versionWords);
  const f = useFormat();
  return (
    <ol className="versions">
      {versions.map((version, at) => {
        const [now, before] = [bodyOf(version), bodyOf(versions[at + 1])];
        const changed = now === null || before === null ? [] : [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => write(now[key]) !== write(before[key]));
        return (
          <li key={`${version.at}${at}`}>
            <span className="muted">
              {f.instant(version.at)}
              {version.by !== null && ` · ${version.by}`}
            </span>{' '}
            {version.withdrawn ? (
              <strong>{t.withdrawn}</strong>
            ) : before === null ? (
              t.first
            ) : changed.length === 0 ? (
              t.same
            ) : (
              changed.map((key) => (
                <span key={key} className="change">
                  {f.named(t.fields[key] ?? key, '')}
                  <del>{write(before[key]) || t.none}</del> → <ins>{write(now?.[key]) || t.none}</ins>{' '}
                </span>
              ))
            )}
          </li>
        );
      })}
    </ol>
  );
}
