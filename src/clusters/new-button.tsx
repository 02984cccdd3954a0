import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { ClusterList } from './model';
import { formatDefaults } from './text';
import { useSignals } from '../shared/hooks';

export interface INewProps {
  readonly list: ClusterList;
  readonly trans: TranslationBundle;
  readonly onStart: (profile: string) => void;
  /** Shows the menu of profiles below an element. */
  readonly onMenu: (below: HTMLElement) => void;
}

/** Split button: starts the default profile, or opens the menu of profiles. */
export function NewButton(props: INewProps): JSX.Element {
  const { list, trans } = props;
  useSignals(list.changed);
  const profile = list.favourite;
  const what = profile
    ? trans.__('Start %1: %2', profile.label, formatDefaults(profile, trans))
    : trans.__('New cluster');
  return (
    <span className="hrlab-New">
      <button
        type="button"
        className="hrlab-New-start"
        title={what}
        aria-label={what}
        onClick={event =>
          profile
            ? props.onStart(profile.name)
            : props.onMenu(event.currentTarget)
        }
      >
        <addIcon.react tag="span" width="14px" height="14px" />
        {trans.__('New')}
      </button>
      <button
        type="button"
        className="hrlab-New-more"
        title={trans.__('Other profiles and options')}
        aria-label={trans.__('Other profiles and options')}
        aria-haspopup="menu"
        onClick={event => props.onMenu(event.currentTarget)}
      >
        <caretDownIcon.react tag="span" width="14px" height="14px" />
      </button>
    </span>
  );
}
