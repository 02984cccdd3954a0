import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IFinding } from '../api';
import type { RunModel } from './model';
import type { WantedAdvice } from './advice-settings';
import { useSignals } from '../shared/hooks';

interface IAdviceProps {
  readonly model: RunModel;
  readonly wanted: WantedAdvice;
  readonly trans: TranslationBundle;
}

function Finding({ finding }: { readonly finding: IFinding }): JSX.Element {
  return (
    <li>
      <details>
        <summary>{finding.text}</summary>
        <dl className="hrlab-Facts">
          {finding.evidence.map(([name, value], index) => (
            <React.Fragment key={index}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
        </dl>
      </details>
    </li>
  );
}

function AdviceList(props: IAdviceProps): JSX.Element | null {
  const { model, wanted, trans } = props;
  useSignals(model.changed, model.derived, wanted.changed);
  const advice = (model.figures?.advice ?? []).filter(
    ({ code }) => !wanted.off.includes(code)
  );
  if (advice.length === 0) {
    return null;
  }
  return (
    <>
      <h3>{trans.__('Advice')}</h3>
      <ul className="hrlab-AdviceList">
        {advice.map(finding => (
          <Finding key={finding.code} finding={finding} />
        ))}
      </ul>
    </>
  );
}

/** All enabled advice on a run, each line with its evidence folded below. */
export class AdviceSection extends ReactWidget {
  constructor(private readonly _props: IAdviceProps) {
    super();
    this.addClass('hrlab-AdviceSection');
  }

  protected render(): JSX.Element {
    return <AdviceList {...this._props} />;
  }
}
