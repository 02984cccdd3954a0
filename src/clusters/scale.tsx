import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';
import type { ICluster, IOption, IProfile } from '../api';
import { formatBounds, parseOption } from './options';
import { workersOption } from './workers-option';
import type { ICardActions } from './card-actions';

interface IScaleProps extends ICardActions {
  readonly cluster: ICluster;
  readonly profile: IProfile | null;
}

type Name = 'workers' | 'minimum' | 'maximum';
type Texts = Readonly<Record<Name, string>>;

const NUMBER: readonly Name[] = ['workers'];
const BOUNDS: readonly Name[] = ['minimum', 'maximum'];

function numberName(name: Name, trans: TranslationBundle): string {
  switch (name) {
    case 'workers':
      return trans.__('workers');
    case 'minimum':
      return trans.__('at least');
    case 'maximum':
      return trans.__('at most');
  }
}

function problemOf(
  adapts: boolean,
  texts: Texts,
  option: IOption,
  trans: TranslationBundle
): string {
  for (const name of adapts ? BOUNDS : NUMBER) {
    const { problem } = parseOption(option, texts[name], trans);
    if (problem) {
      return problem;
    }
  }
  return adapts && Number(texts.minimum) > Number(texts.maximum)
    ? trans.__('“At least” must not exceed “at most”.')
    : '';
}

interface INumberProps {
  readonly label: string;
  readonly text: string;
  readonly option: IOption;
  readonly first?: boolean;
  readonly onTyped: (text: string) => void;
}

function NumberField(props: INumberProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.first) {
      field.current?.focus();
      field.current?.select();
    }
  }, []);
  return (
    <label className="hrlab-Scale-number">
      {props.label}
      <input
        ref={field}
        type="number"
        className="hrlab-Input"
        value={props.text}
        min={props.option.minimum ?? undefined}
        max={props.option.maximum ?? undefined}
        onChange={event => props.onTyped(event.target.value)}
      />
    </label>
  );
}

function firstTexts({ workers }: ICluster): Texts {
  return {
    workers: String(workers.asked),
    minimum: String(workers.minimum ?? 0),
    maximum: String(workers.maximum ?? Math.max(workers.asked, 1))
  };
}

function Buttons(props: {
  readonly disabled: boolean;
  readonly trans: TranslationBundle;
  readonly onCancel: () => void;
}): JSX.Element {
  return (
    <div className="hrlab-Form-buttons">
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        onClick={props.onCancel}
      >
        {props.trans.__('Cancel')}
      </button>
      <button
        type="submit"
        className="jp-Button jp-mod-styled jp-mod-accept hrlab-Button"
        disabled={props.disabled}
      >
        {props.trans.__('Apply')}
      </button>
    </div>
  );
}

function Adapts(props: {
  readonly adapts: boolean;
  readonly trans: TranslationBundle;
  readonly onChange: (adapts: boolean) => void;
}): JSX.Element {
  return (
    <label className="hrlab-Field-check">
      <input
        type="checkbox"
        checked={props.adapts}
        onChange={event => props.onChange(event.target.checked)}
      />
      {props.trans.__('adapt to the load')}
    </label>
  );
}

function Told(props: {
  readonly problem: string;
  readonly bounds: string;
}): JSX.Element {
  return (
    <div
      className={props.problem ? 'hrlab-Field-problem' : 'hrlab-Field-bounds'}
      role="status"
    >
      {props.problem || props.bounds}
    </div>
  );
}

function Fields(props: {
  readonly names: readonly Name[];
  readonly texts: Texts;
  readonly option: IOption;
  readonly trans: TranslationBundle;
  readonly onTyped: (change: Partial<Texts>) => void;
}): JSX.Element {
  return (
    <div className="hrlab-Scale-fields">
      {props.names.map((name, index) => (
        <NumberField
          key={name}
          first={index === 0}
          label={numberName(name, props.trans)}
          text={props.texts[name]}
          option={props.option}
          onTyped={text => props.onTyped({ [name]: text })}
        />
      ))}
    </div>
  );
}

/** Inline form to scale a cluster or make it adaptive. */
export function ClusterScale(props: IScaleProps): JSX.Element {
  const { cluster, profile, trans } = props;
  const option = workersOption(profile, cluster, trans);
  const [adapts, setAdapts] = useState(cluster.workers.maximum !== null);
  const [texts, setTexts] = useState<Texts>(firstTexts(cluster));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const wrong = problemOf(adapts, texts, option, trans);
  const apply = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const refusal = await props.onResize(
      cluster.id,
      adapts
        ? { minimum: Number(texts.minimum), maximum: Number(texts.maximum) }
        : { workers: Number(texts.workers) }
    );
    setBusy(false);
    setRefused(refusal);
    return refusal ? undefined : props.onScale(null);
  };
  return (
    <form
      className="hrlab-Scale"
      aria-label={trans.__('Scale %1', cluster.name)}
      onSubmit={event => void apply(event)}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onScale(null);
        }
      }}
    >
      <Fields
        names={adapts ? BOUNDS : NUMBER}
        texts={texts}
        option={option}
        trans={trans}
        onTyped={change => {
          setTexts({ ...texts, ...change });
          setRefused('');
        }}
      />
      <Adapts
        adapts={adapts}
        trans={trans}
        onChange={value => {
          setAdapts(value);
          setRefused('');
        }}
      />
      <Told problem={wrong || refused} bounds={formatBounds(option, trans)} />
      <Buttons
        disabled={wrong !== '' || busy}
        trans={trans}
        onCancel={() => props.onScale(null)}
      />
    </form>
  );
}
