import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IPhases } from '../api';
import { formatDuration } from '../shared/format';
import { segmentsOf } from './segments';
import { phaseName } from './text';

/** Phases as text with a swatch of their pattern: the legend of the bar. */
export function PhaseTexts(props: {
  readonly phases: IPhases | null;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { phases, trans } = props;
  return (
    <span className="hrlab-Phases">
      {segmentsOf(phases).map(({ phase, seconds }) => (
        <span key={phase} className="hrlab-Phases-one">
          <span className={`hrlab-Swatch hrlab-phase-${phase}`} />
          {phaseName(phase, trans)} {formatDuration(seconds)}
        </span>
      ))}
    </span>
  );
}
