import { useMay } from '../app/standing';
import { Policy } from '../graph/generated/Policy';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { PolicyForm } from './PolicyForm';
import { PolicyVersions } from './PolicyVersions';
import { Thresholds } from './Thresholds';
import { administrationWords } from './words';

/** The policy in force: what would change with another one, which is then saved or not; the versions that were saved; what stays in the configuration. */
export function PolicyOf() {
  const t = useWords(administrationWords);
  const mayOperate = useMay('operate') === true;
  const question = useQuestion(Policy, { withVersions: mayOperate });
  return (
    <Answered question={question} rows={10}>
      {({ policy, registries }) => (
        <>
          {policy.unfit !== null && (
            <p className="notice danger" role="alert">
              {policy.unfit}
            </p>
          )}
          <PolicyForm policy={policy} />
          {policy.versions != null && <PolicyVersions version={policy.version} versions={policy.versions} />}
          <Thresholds policy={policy} />
          <section className="card">
            <h2>{t.schedules}</h2>
            <dl className="pairs">
              {registries.map((registry) => (
                <div key={registry.name} className="pair">
                  <dt>{registry.title}</dt>
                  <dd>{registry.schedule === null ? <span className="muted">{t.noSchedule}</span> : <code>{registry.schedule}</code>}</dd>
                </div>
              ))}
            </dl>
          </section>
        </>
      )}
    </Answered>
  );
}
