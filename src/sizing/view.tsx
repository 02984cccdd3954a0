import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import React, { useState } from 'react';
import type { ISignal } from '@lumino/signaling';
import { GoalName, GOALS, IProfile, IRunRecord, ISizing } from '../api';
import type { IRuns } from '../tokens';
import {
  formatEvidence,
  GOAL_UNITS,
  questionOf,
  formatSize,
  SizingModel,
  formatSizing
} from './model';
import { ChartCard } from '../shared/chart-card';
import { textElement } from '../shared/chart-table';
import { useSignals } from '../shared/hooks';

interface IFormProps {
  readonly model: SizingModel;
  /** Opens the new-cluster form with the recommendation. */
  readonly onCreate: ((advice: ISizing, profile: string) => void) | null;
  /** Measures the run on several cluster sizes, for a better recommendation. */
  readonly onMeasure: (() => void) | null;
  readonly trans: TranslationBundle;
}

function goalName(goal: GoalName, trans: TranslationBundle): string {
  switch (goal) {
    case 'finish_within_seconds':
      return trans.__('Finish within');
    case 'efficiency':
      return trans.__('Most workers with at least this efficiency');
    case 'fastest':
      return trans.__('Fastest');
    case 'core_hours':
      return trans.__('Fastest within core hours');
  }
}

function GoalFields(props: {
  readonly goal: GoalName;
  readonly draft: string;
  readonly trans: TranslationBundle;
  readonly onGoal: (goal: GoalName) => void;
  readonly onDraft: (draft: string) => void;
}): JSX.Element {
  const { goal, draft, trans } = props;
  return (
    <>
      <label>
        {trans.__('Goal')}{' '}
        <HTMLSelect
          value={goal}
          onChange={event =>
            props.onGoal(GOALS[event.target.selectedIndex] ?? 'fastest')
          }
        >
          {GOALS.map(name => (
            <option key={name} value={name}>
              {goalName(name, trans)}
            </option>
          ))}
        </HTMLSelect>
      </label>
      {GOAL_UNITS[goal] ? (
        <label>
          <input
            className="jp-mod-styled hrlab-Sizing-number"
            aria-label={goalName(goal, trans)}
            inputMode="decimal"
            value={draft}
            onChange={event => props.onDraft(event.target.value)}
          />{' '}
          {GOAL_UNITS[goal]}
        </label>
      ) : null}
    </>
  );
}

/** The profile whose limits apply to the recommendation. */
function ProfileField(props: {
  readonly model: SizingModel;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const { profiles } = model;
  return profiles.length > 0 ? (
    <label>
      {trans.__('on')}{' '}
      <HTMLSelect
        value={model.profile}
        onChange={event => model.setProfile(event.target.value)}
      >
        <option value="">{trans.__('any cluster')}</option>
        {profiles.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </HTMLSelect>
    </label>
  ) : null;
}

function Form({ model, trans }: IFormProps): JSX.Element | null {
  useSignals(model.changed);
  const { amount } = model;
  const [goal, setGoal] = useState<GoalName>('fastest');
  const [draft, setDraft] = useState('');
  const [work, setWork] = useState<string | null>(null);
  const asked = Number((work ?? '').replace(',', '.'));
  const isWorkOk = work === null || (Number.isFinite(asked) && asked > 0);
  const workload =
    amount && work !== null && isWorkOk ? { [amount[0]]: asked } : {};
  const question = questionOf(
    model.runId,
    goal,
    draft,
    workload,
    model.profile
  );
  return (
    <form
      className="hrlab-Sizing-form"
      onSubmit={event => {
        event.preventDefault();
        if (question && isWorkOk) {
          void model.ask(question);
        }
      }}
    >
      <GoalFields
        goal={goal}
        draft={draft}
        trans={trans}
        onGoal={setGoal}
        onDraft={setDraft}
      />
      <ProfileField model={model} trans={trans} />
      {amount ? (
        <label>
          {trans.__('for %1', amount[0])}{' '}
          <input
            className="jp-mod-styled hrlab-Sizing-number"
            inputMode="decimal"
            aria-invalid={!isWorkOk}
            value={work ?? String(amount[1])}
            onChange={event => setWork(event.target.value)}
          />
        </label>
      ) : null}
      <button
        className="jp-mod-styled jp-mod-accept"
        type="submit"
        disabled={!question || !isWorkOk || model.isBusy}
      >
        {trans.__('Recommend')}
      </button>
    </form>
  );
}

function MeasureButton(props: IFormProps): JSX.Element | null {
  const { onMeasure, trans } = props;
  return onMeasure ? (
    <button
      className="jp-Button jp-mod-styled hrlab-Button"
      title={trans.__(
        'Run the notebook of this run on 1, 2, 4, … workers and compare the results'
      )}
      onClick={onMeasure}
    >
      {trans.__('Measure Scaling…')}
    </button>
  ) : null;
}

/** The recommendation, or why there is none, with its actions. */
export function Answer(props: IFormProps): JSX.Element | null {
  const { model, onCreate, trans } = props;
  useSignals(model.changed);
  const { advice, error, isBusy } = model;
  if (isBusy) {
    return <p role="status">{trans.__('Analyzing earlier runs…')}</p>;
  }
  if (error) {
    return (
      <p role="status" className="hrlab-Sizing-error">
        {error}
      </p>
    );
  }
  return advice ? (
    <div role="status">
      <p className="hrlab-Sizing-words">{formatSizing(advice, trans)}</p>
      <p>{formatSize(advice, trans)}</p>
      {onCreate ? (
        <button
          className="jp-Button jp-mod-styled jp-mod-accept hrlab-Button"
          title={trans.__(
            'Open the new-cluster form with the recommended options'
          )}
          onClick={() => onCreate(advice, model.askedProfile)}
        >
          {trans.__('Create this cluster…')}
        </button>
      ) : null}{' '}
      <MeasureButton {...props} />
      <p className="hrlab-Sizing-evidence">{formatEvidence(advice, trans)}</p>
      {advice.warnings.length ? (
        <ul className="hrlab-Warnings">
          {advice.warnings.map((warning, index) => (
            <li key={index}>{warning}</li>
          ))}
        </ul>
      ) : null}
    </div>
  ) : (
    <p className="hrlab-Sizing-evidence">
      {trans.__(
        'Recommends the number of workers for the next run of this code, based on its earlier runs.'
      )}
    </p>
  );
}

/** The run that a recommendation is for. */
export interface ISizedRun {
  readonly id: string;
  readonly runs: IRuns;
  readonly record: IRunRecord | null;
  /** Whether the record comes from a cell's output and not from the server. */
  readonly isBorrowed: boolean;
  readonly changed: ISignal<ISizedRun, void>;
}

export interface ISizingOptions {
  readonly model: ISizedRun;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  /** Returns the available profiles. */
  readonly profiles: () => Promise<readonly IProfile[]>;
  readonly onCreate: IFormProps['onCreate'];
  readonly onMeasure: IFormProps['onMeasure'];
}

/** "Recommended Cluster Size": the cluster for the next run. */
export class Sizing extends Panel {
  constructor(options: ISizingOptions) {
    super();
    const { model, trans } = options;
    const sizing = new SizingModel(model.runs, model.id);
    this._sizing = sizing;
    this._ready = options
      .profiles()
      .then(found => sizing.offer(found))
      .catch(() => undefined); // the clusters section shows the error
    this.addClass('hrlab-Sizing');
    this.node.tabIndex = -1;
    this._card = new ChartCard({
      ...options,
      label: trans.__('Expected wall time against workers')
    });
    this.addWidget(
      new Widget({
        node: textElement('h3', trans.__('Recommended Cluster Size'))
      })
    );
    const { onCreate, onMeasure } = options;
    const parts = { model: sizing, onCreate, onMeasure, trans };
    this.addWidget(ReactWidget.create(<Form {...parts} />));
    this.addWidget(ReactWidget.create(<Answer {...parts} />));
    this.addWidget(this._card);
    this.hide(); // until the run is loaded
    model.changed.connect(this._onRun, this);
    sizing.changed.connect(() =>
      this._card.setChart(sizing.advice?.chart ?? null)
    );
  }

  /** Scrolls it into view and requests a first recommendation if there was no request yet. */
  reveal(): void {
    this.node.scrollIntoView({ block: 'start' });
    this.node.querySelector('select')?.focus();
    if (this.isVisible) {
      void this._ready.then(() => this._sizing.askFirst());
    }
  }

  private _onRun(model: ISizedRun): void {
    const { record } = model;
    const isKnown = record !== null && !model.isBorrowed;
    const isSerial = isKnown && record.phases && record.loops.length === 0;
    this.setHidden(!isKnown || Boolean(isSerial));
    this._sizing.propose(record?.clusters[0]?.profile ?? '');
  }

  private readonly _card: ChartCard;
  private readonly _sizing: SizingModel;
  private readonly _ready: Promise<void>;
}
