import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { RegistrySettings } from '../graph/generated/RegistrySettings';
import type { RegistrySettingsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { RegistryForm } from './RegistryForm';
import { VersionsTable } from './VersionsTable';
import { administrationWords } from './words';

type Row = RegistrySettingsQuery['registries'][number];
export type Treated = Row & { readonly settings: NonNullable<Row['settings']> };

/** When each registry is pulled and what holds its batches; the chosen one's settings are changed below, with who changed them and why. */
export function RegistriesOf() {
  const t = useWords(administrationWords);
  const may = useMay('operate');
  const question = useQuestion(RegistrySettings, {}, { enabled: may === true });
  const [parameters, set] = useParameters();
  if (may === false) return <Forbidden scope="operate" />;
  return (
    <Answered question={question} rows={8}>
      {({ registries }) => {
        const treated = registries.flatMap((registry) => (registry.settings === null ? [] : [registry as Treated]));
        const chosen = treated.find(({ name }) => name === parameters.get('registry'));
        return (
          <>
            <NoLonger known={{ registry: (name) => treated.some((one) => one.name === name) }} />
            <section className="card registries">
              <h2>{t.registrySettings}</h2>
              <p className="muted">{t.registrySettingsWhy}</p>
              <RegistryTable registries={treated} chosen={chosen?.name} onChoose={(name) => set({ registry: name })} />
            </section>
            {chosen !== undefined && (
              <section className="card registry-settings">
                <h2>{chosen.title}</h2>
                <RegistryForm key={chosen.name} registry={chosen} />
                <h3>{t.policyVersions}</h3>
                {chosen.settings.versions.length === 0 ? <p className="muted">{t.noRegistryVersions}</p> : <VersionsTable versions={chosen.settings.versions} label={t.policyVersions} />}
              </section>
            )}
          </>
        );
      }}
    </Answered>
  );
}

function RegistryTable({ registries, chosen, onChoose }: { registries: readonly Treated[]; chosen: string | undefined; onChoose: (name: string) => void }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  return (
    <Table label={t.registrySettings} heads={[t.registry, t.schedule, t.nextPull, { number: t.maxVanished }, { number: t.maxQuarantined }, { number: t.minRows }, t.changeIt]}>
      {registries.map(({ name, title, settings }) => (
        <tr key={name}>
          <th scope="row">
            {title}
            {settings.saved.length > 0 && <span className="part">{t.changedHere}</span>}
          </th>
          <td>{settings.schedule === null ? <span className="muted">{settings.isPulled ? t.byHand : t.notPulled}</span> : <code>{settings.schedule}</code>}</td>
          <td className="nowrap">{f.instant(settings.isPulled ? settings.nextPulls[0] : null)}</td>
          <td className="number">{settings.maxVanishedPercent}</td>
          <td className="number">{settings.maxQuarantinedPercent}</td>
          <td className="number">{f.count(settings.minRows)}</td>
          <td>
            <button type="button" className="button" aria-pressed={name === chosen} onClick={() => onChoose(name)}>
              {t.changeIt}
              <span className="hidden">{title}</span>
            </button>
          </td>
        </tr>
      ))}
    </Table>
  );
}
