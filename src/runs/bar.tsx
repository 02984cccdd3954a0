import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { ILoop, IPhases } from '../api';
import { formatDuration } from '../shared/format';
import { segmentsOf } from './segments';
import { phaseName, phaseTooltip } from './text';

/** Segments below this share are too narrow for a label. */
const LABEL_SHARE = 0.22;

export interface IPhaseBarProps {
  readonly phases: IPhases | null;
  readonly loops?: readonly ILoop[];
  readonly labelled?: boolean;
  /** Whether segments have tooltips. */
  readonly explained?: boolean;
  readonly trans: TranslationBundle;
}

/** Bar of phases; segments differ in colour and pattern. */
export function PhaseBar(props: IPhaseBarProps): JSX.Element {
  const { phases, loops = [], labelled, explained = true, trans } = props;
  const segments = segmentsOf(phases);
  return (
    <span className="hrlab-Bar" aria-hidden="true">
      {segments.map(({ phase, seconds, share }) => (
        <span
          key={phase}
          className={`hrlab-Bar-segment hrlab-phase-${phase}`}
          style={{ flexGrow: Math.max(share, 0.004) }}
          title={
            explained ? phaseTooltip(phase, seconds, loops, trans) : undefined
          }
        >
          {labelled && share >= LABEL_SHARE ? (
            <span className="hrlab-Bar-label">
              {phaseName(phase, trans)} {formatDuration(seconds)}
            </span>
          ) : null}
        </span>
      ))}
    </span>
  );
}
