import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import React, { useEffect, useRef, useState } from 'react';
import type { IRunRecord } from '../api';
import { formatDuration } from '../shared/format';
import { RunModel } from './model';
import { formatFailure, formatPhases, statusName } from './text';
import { CommandIDs } from '../tokens';
import { PhaseBar } from './bar';
import { useSignals } from '../shared/hooks';
import { StatusMark } from './status';

export interface IHeaderProps {
  readonly model: RunModel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  readonly onRename: (name: string) => void;
}

interface IRecordProps extends IHeaderProps {
  readonly record: IRunRecord;
}

/** A name that can be edited in place. */
function EditableName(props: {
  readonly name: string;
  readonly trans: TranslationBundle;
  readonly onRename: (name: string) => void;
}): JSX.Element {
  const { name, trans, onRename } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const isEditing = draft !== null;
  useEffect(() => field.current?.select(), [isEditing]);
  if (draft === null) {
    return (
      <h1 className="hrlab-RunHeader-name">
        <button
          title={trans.__('Rename this run')}
          onClick={() => setDraft(name)}
        >
          {name}
        </button>
      </h1>
    );
  }
  const save = () => {
    const text = draft.trim();
    setDraft(null);
    if (text && text !== name) {
      onRename(text);
    }
  };
  return (
    <input
      ref={field}
      className="hrlab-RunHeader-field jp-mod-styled"
      aria-label={trans.__('Name')}
      value={draft}
      onChange={event => setDraft(event.target.value)}
      onBlur={save}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          save();
        } else if (event.key === 'Escape') {
          setDraft(null);
        }
      }}
    />
  );
}

function formatStatus(run: IRunRecord, trans: TranslationBundle): string {
  if (run.status === 'failed' || run.status === 'interrupted') {
    return formatFailure(run, trans);
  }
  return `${statusName(run.status, trans)} \u00b7 ${formatDuration(run.wall_seconds)}`;
}

/** A button that runs a command on this run. */
function CommandButton(props: {
  readonly commands: CommandRegistry;
  readonly command: string;
  readonly id: string;
  readonly text: string;
}): JSX.Element {
  const { commands, command, id, text } = props;
  return (
    <button
      className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
      title={commands.caption(command, { id })}
      onClick={() => void commands.execute(command, { id })}
    >
      {text}
    </button>
  );
}

function LabelsAndNote(props: IRecordProps): JSX.Element {
  const { record, commands, trans } = props;
  const labels = Object.entries(record.labels);
  const shared = { commands, id: record.id };
  return (
    <>
      <div className="hrlab-RunHeader-labels">
        {labels.map(([key, value]) => (
          <span className="hrlab-Label" key={key}>
            {key}={value}
          </span>
        ))}
        <CommandButton
          {...shared}
          command={CommandIDs.labelRun}
          text={labels.length ? trans.__('Edit labels') : trans.__('Add label')}
        />
      </div>
      <div className="hrlab-RunHeader-note">
        {record.note ? <span>{record.note}</span> : null}
        <CommandButton
          {...shared}
          command={CommandIDs.noteRun}
          text={record.note ? trans.__('Edit note') : trans.__('Add note')}
        />
      </div>
    </>
  );
}

function Warnings({ record, trans }: IRecordProps): JSX.Element | null {
  if (record.warnings.length === 0) {
    return null;
  }
  return (
    <ul className="hrlab-Warnings" aria-label={trans.__('Warnings')}>
      {record.warnings.map((warning, index) => (
        <li key={index}>
          <span aria-hidden="true">{'\u26a0 '}</span>
          {warning.message || warning.code}
        </li>
      ))}
    </ul>
  );
}

function Panes({ record, commands, trans }: IRecordProps): JSX.Element | null {
  const command = CommandIDs.openDashboard;
  if (record.clusters.length === 0 || !commands.isVisible(command)) {
    return null;
  }
  const panes = [
    ['individual-task-stream', trans.__('Task Stream')],
    ['individual-progress', trans.__('Progress')],
    ['individual-workers', trans.__('Workers')],
    ['individual-workers-memory', trans.__('Memory')]
  ];
  return (
    <div className="hrlab-RunHeader-panes" role="group">
      <span>{trans.__('Dask dashboard:')}</span>
      {panes.map(([route, label]) => (
        <button
          key={route}
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          title={trans.__('Open Dask’s %1 pane', label)}
          onClick={() => void commands.execute(command, { route, label })}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function Failure(props: IRecordProps): JSX.Element | null {
  const { error } = props.record;
  return error ? (
    <pre className="hrlab-RunHeader-error">
      {error.type}
      {error.message ? `: ${error.message}` : ''}
    </pre>
  ) : null;
}

function Header(props: IHeaderProps): JSX.Element {
  const { model, trans } = props;
  useSignals(model.changed, props.commands.commandChanged);
  const { record, error } = model;
  if (!record) {
    return (
      <p className="hrlab-RunHeader-words" role="status">
        {error
          ? trans.__('This run cannot be shown: %1', error.message)
          : trans.__('Loading…')}
      </p>
    );
  }
  const phases = formatPhases(record.phases, trans);
  const more = { ...props, record };
  return (
    <>
      {model.isBorrowed ? (
        <p className="hrlab-RunHeader-borrowed" role="status">
          {trans.__('Not in your history; shown from the output of its cell.')}
        </p>
      ) : null}
      <EditableName
        name={record.name}
        trans={trans}
        onRename={props.onRename}
      />
      <p className="hrlab-RunHeader-words">
        <StatusMark status={record.status} trans={trans} />{' '}
        {formatStatus(record, trans)}
        <span className="hrlab-RunHeader-when">
          {new Date(record.started_at * 1000).toLocaleString()}
        </span>
      </p>
      {phases ? <p className="hrlab-RunHeader-phases">{phases}</p> : null}
      <PhaseBar
        phases={record.phases}
        loops={record.loops}
        labelled
        trans={trans}
      />
      <Failure {...more} />
      {model.isBorrowed ? null : <LabelsAndNote {...more} />}
      <Warnings {...more} />
      <Panes {...more} />
    </>
  );
}

/** Header of the run view. */
export class RunHeader extends ReactWidget {
  constructor(private readonly _props: IHeaderProps) {
    super();
    this.addClass('hrlab-RunHeader');
  }

  protected render(): JSX.Element {
    return <Header {...this._props} />;
  }
}
