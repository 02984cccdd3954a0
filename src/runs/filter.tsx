import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';
import { wrongLabels } from './labels';
import { PanelState } from '../shared/panel-state';
import { useSignals } from '../shared/hooks';

const TYPING_MS = 200;

interface ITypedProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder: string;
  readonly className: string;
  readonly type: 'search' | 'text';
  readonly list?: string;
  readonly invalid?: (text: string) => boolean;
  readonly onTyped: (text: string) => void;
}

/** A text field that reports its value after a pause in typing. */
function Typed(props: ITypedProps): JSX.Element {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  useEffect(() => {
    if (text === props.value) {
      return;
    }
    const id = window.setTimeout(() => props.onTyped(text), TYPING_MS);
    return () => window.clearTimeout(id);
  }, [text]);
  const invalid = props.invalid?.(text) ?? false;
  return (
    <input
      type={props.type}
      className={`hrlab-Input ${props.className}${invalid ? ' hrlab-mod-wrong' : ''}`}
      value={text}
      list={props.list}
      aria-label={props.label}
      aria-invalid={invalid}
      title={props.label}
      placeholder={props.placeholder}
      spellCheck={false}
      onChange={event => setText(event.target.value)}
      onKeyDown={event => {
        if (event.key === 'Escape' && text) {
          setText('');
          event.stopPropagation();
        }
      }}
    />
  );
}

export interface IFilterProps {
  readonly state: PanelState;
  readonly notebook: string | null;
  /** Labels of listed runs, offered as completions. */
  readonly knownLabels: readonly string[];
  readonly trans: TranslationBundle;
}

/** Filters runs by text, label and current notebook. */
export function Filter(props: IFilterProps): JSX.Element {
  const { state, notebook, trans } = props;
  useSignals(state.changed);
  const { text, label, thisNotebook } = state.value;
  return (
    <div className="hrlab-Filter">
      <Typed
        type="search"
        className="hrlab-mod-text"
        value={text}
        label={trans.__('Filter runs by name, notebook, note or label')}
        placeholder={trans.__('Filter…')}
        onTyped={typed => state.set({ text: typed })}
      />
      <Typed
        type="text"
        className="hrlab-mod-label"
        value={label}
        list="hrlab-known-labels"
        label={trans.__('Only runs with this label, as name=value')}
        placeholder={trans.__('label=value')}
        invalid={typed => wrongLabels(typed).length > 0}
        onTyped={typed => state.set({ label: typed })}
      />
      <datalist id="hrlab-known-labels">
        {props.knownLabels.map(known => (
          <option key={known} value={known} />
        ))}
      </datalist>
      <label
        className="hrlab-Filter-notebook"
        title={notebook ?? trans.__('Open a notebook to see only its runs')}
      >
        <input
          type="checkbox"
          checked={thisNotebook}
          onChange={event => state.set({ thisNotebook: event.target.checked })}
        />
        {trans.__('this notebook')}
      </label>
    </div>
  );
}
