import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { FormAdvice, formatFormAdvice } from './advice-model';
import { useSignals } from '../shared/hooks';

interface IProps {
  readonly advice: FormAdvice;
  readonly trans: TranslationBundle;
}

/** Selects the run that the recommendation is for, if there are several. */
function Choice({ advice, trans }: IProps): JSX.Element | null {
  const { candidates, run } = advice;
  return candidates.length > 1 ? (
    <label className="hrlab-Advice-run">
      {trans.__('Recommendation for')}
      <select
        className="hrlab-Input"
        value={run?.id}
        onChange={event => void advice.choose(event.target.value)}
      >
        {candidates.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  ) : null;
}

/** "Recommended: 16 workers finish Zee in about 95 s (limited by tasks)", with a button that applies it. */
export function AdviceLine({ advice, trans }: IProps): JSX.Element | null {
  useSignals(advice.changed, advice.form.changed);
  const { advice: found, error, isUsed, run } = advice;
  if (!run || (!found && !error)) {
    return null;
  }
  return (
    <div
      className="hrlab-Advice"
      role="group"
      aria-label={trans.__('Recommendation')}
    >
      <Choice advice={advice} trans={trans} />
      <p role="status">
        {found
          ? trans.__(
              'Recommended: %1',
              formatFormAdvice(run.name, found, trans)
            )
          : trans.__('No recommendation from %1: %2', run.name, error)}{' '}
        {found ? (
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            title={trans.__('Apply recommendation')}
            disabled={isUsed}
            onClick={() => advice.use()}
          >
            {isUsed ? trans.__('applied') : trans.__('apply')}
          </button>
        ) : null}
      </p>
    </div>
  );
}
