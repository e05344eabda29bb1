import { useEffect, useState } from 'react';

/** A value edited where it stands: Enter or leaving saves, Escape gives back what was there. What was refused stays typed. */
export function TargetCell({ label, value, unit, isText = false, onSave }: { label: string; value: string; unit: string; isText?: boolean; onSave: (text: string) => Promise<boolean> }) {
  const [typed, setTyped] = useState(value);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => setTyped(value), [value]);
  const save = async () => {
    if (typed === value) return;
    setRefused(!(await onSave(typed)));
  };
  return (
    <span className="target-cell">
      <input
        type="text"
        inputMode={isText ? undefined : 'decimal'}
        className={isText ? 'text' : 'number'}
        aria-label={label}
        aria-invalid={isRefused}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
          if (event.key === 'Escape') {
            setTyped(value);
            setRefused(false);
          }
        }}
      />
      {unit !== '' && <span className="muted">{unit}</span>}
    </span>
  );
}
