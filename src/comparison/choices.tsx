import { HTMLSelect } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IComparison } from '../api';
import { ComparisonModel } from './model';
import { groupingChoice } from './text';

export interface IFoundProps {
  readonly model: ComparisonModel;
  readonly found: IComparison;
  readonly trans: TranslationBundle;
}

interface IChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function Choice(props: IChoiceProps): JSX.Element {
  return (
    <label>
      {props.label}{' '}
      <HTMLSelect
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </HTMLSelect>
    </label>
  );
}

/** Controls of a comparison: grouping, baseline, resource. */
export function Choices({ model, found, trans }: IFoundProps): JSX.Element {
  const groupings = [...new Set([...found.choices, found.by])];
  const keys = new Map(found.groups.map(group => [group.key, group.label]));
  const hasUse = found.charts.some(([name]) => name.startsWith('resources'));
  return (
    <div className="hrlab-Compare-choices">
      <Choice
        label={trans.__('Grouped by')}
        value={found.by}
        options={groupings.map(by => [by, groupingChoice(by, trans)] as const)}
        onChange={by => void model.groupBy(by)}
      />
      <Choice
        label={trans.__('Baseline')}
        value={found.baseline}
        options={[...keys]}
        onChange={baseline => void model.setBaseline(baseline)}
      />
      <Choice
        label={trans.__('Over')}
        value={found.over}
        options={[
          ['threads', trans.__('threads')],
          ['workers', trans.__('workers')]
        ]}
        onChange={over => void model.setOver(over)}
      />
      {hasUse ? (
        <Choice
          label={trans.__('Hardware use since')}
          value={found.since}
          options={[
            ['start', trans.__('the start')],
            ['loop', trans.__('the first dask loop')]
          ]}
          onChange={since => void model.setSince(since)}
        />
      ) : null}
    </div>
  );
}
