import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';
import { ClusterForm, IField } from './form-model';
import { formatBounds } from './options';

interface IRowProps {
  readonly label: string;
  readonly help?: string;
  readonly bounds?: string;
  readonly problem?: string;
  readonly unit?: string;
  readonly children: (ids: {
    readonly id: string;
    readonly describedBy: string;
  }) => JSX.Element;
}

/** A labelled field with its problem, or else its bounds, below. */
export function Row(props: IRowProps): JSX.Element {
  const id = useId();
  const { problem, bounds, help } = props;
  const told = [bounds, help].filter(part => part).join(' · ');
  return (
    <div className={`hrlab-Field${problem ? ' hrlab-mod-wrong' : ''}`}>
      <label htmlFor={id}>{props.label}</label>
      <span className="hrlab-Field-value">
        {props.children({ id, describedBy: `${id}-told` })}
        {props.unit ? (
          <span className="hrlab-Field-unit">{props.unit}</span>
        ) : null}
      </span>
      <div id={`${id}-told`} className="hrlab-Field-told" role="status">
        {problem ? (
          <span className="hrlab-Field-problem">{problem}</span>
        ) : null}
        {told ? <span className="hrlab-Field-bounds">{told}</span> : null}
      </div>
    </div>
  );
}

interface IInputProps {
  readonly field: IField;
  readonly id: string;
  readonly describedBy: string;
  readonly onTyped: (text: string) => void;
}

function Input({ field, id, describedBy, onTyped }: IInputProps): JSX.Element {
  const { option, text, problem } = field;
  const shared = {
    id,
    'aria-describedby': describedBy,
    'aria-invalid': problem !== ''
  };
  if (option.type === 'boolean') {
    return (
      <input
        {...shared}
        type="checkbox"
        checked={text === 'true'}
        onChange={event => onTyped(String(event.target.checked))}
      />
    );
  }
  if (option.type === 'choice') {
    return (
      <select
        {...shared}
        className="hrlab-Input"
        value={text}
        onChange={event => onTyped(event.target.value)}
      >
        {option.choices.map(choice => (
          <option key={String(choice)}>{String(choice)}</option>
        ))}
      </select>
    );
  }
  const isNumber = option.type === 'integer' || option.type === 'number';
  return (
    <input
      {...shared}
      className="hrlab-Input"
      type={isNumber ? 'number' : 'text'}
      min={isNumber ? (option.minimum ?? undefined) : undefined}
      max={isNumber ? (option.maximum ?? undefined) : undefined}
      step={option.type === 'number' ? 'any' : undefined}
      value={text}
      spellCheck={false}
      onChange={event => onTyped(event.target.value)}
    />
  );
}

/** Field of a profile's option with its bounds, unit and help. */
export function OptionRow(props: {
  readonly field: IField;
  readonly form: ClusterForm;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { field, form, trans } = props;
  const { name, option } = field;
  return (
    <Row
      label={option.label}
      help={option.help}
      unit={option.unit}
      bounds={formatBounds(option, trans)}
      problem={field.problem}
    >
      {ids => (
        <Input {...ids} field={field} onTyped={text => form.set(name, text)} />
      )}
    </Row>
  );
}
