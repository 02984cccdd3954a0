import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { Status } from '../api';
import { statusName } from './text';
import { statusIcons } from '../shared/icons';

export interface IStatusProps {
  readonly status: Status;
  readonly trans: TranslationBundle;
}

/** Status icon with its name as tooltip. */
export function StatusMark({ status, trans }: IStatusProps): JSX.Element {
  const Shape = statusIcons[status].react;
  return (
    <span
      className={`hrlab-Status hrlab-status-${status}`}
      title={statusName(status, trans)}
      role="img"
      aria-label={statusName(status, trans)}
    >
      <Shape tag="span" width="14px" height="14px" />
    </span>
  );
}
