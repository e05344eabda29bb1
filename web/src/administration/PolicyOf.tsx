import { useMay } from '../app/standing';
import { Policy } from '../graph/generated/Policy';
import { useQuestion } from '../graph/question';
import { Answered } from '../states/Answered';
import { PolicyForm } from './PolicyForm';
import { PolicyVersions } from './PolicyVersions';
import { Thresholds } from './Thresholds';

/** The policy and the rules in force: what would change with others, which are then saved or not; the versions that were saved; every rule. */
export function PolicyOf() {
  const mayOperate = useMay('operate') === true;
  const question = useQuestion(Policy, { withVersions: mayOperate });
  return (
    <Answered question={question} rows={10}>
      {({ policy }) => (
        <>
          {policy.unfit !== null && (
            <p className="notice danger" role="alert">
              {policy.unfit}
            </p>
          )}
          <PolicyForm policy={policy} />
          {policy.versions != null && <PolicyVersions version={policy.version} versions={policy.versions} isSaved={(policy.saved ?? []).length > 0} />}
          <Thresholds policy={policy} />
        </>
      )}
    </Answered>
  );
}
