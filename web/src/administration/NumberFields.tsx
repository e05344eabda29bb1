import { useId } from 'react';

/** Named numbers, each typed in a field of its own. */
export function NumberFields({
  legend,
  names,
  label,
  values,
  onChange,
}: {
  legend: string;
  names: readonly string[];
  label: Readonly<Record<string, string>>;
  values: Readonly<Record<string, string>>;
  onChange: (values: Readonly<Record<string, string>>) => void;
}) {
  const id = useId();
  return (
    <fieldset className="row weights">
      <legend>{legend}</legend>
      {names.map((name) => (
        <div key={name} className="field">
          <label htmlFor={id + name}>{label[name] ?? name}</label>
          <input id={id + name} type="number" min={0} step="any" value={values[name] ?? ''} onChange={(event) => onChange({ ...values, [name]: event.target.value })} />
        </div>
      ))}
    </fieldset>
  );
}
