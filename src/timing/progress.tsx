import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useRef } from 'react';
import { formatClock, formatCount, formatDuration } from '../shared/format';
import { formatWorkers } from '../runs/text';
import type { ILiveRun, ILiveRuns } from '../tokens';
import { useSignals, useTicks } from '../shared/hooks';
import { PhaseTexts } from '../runs/phase-texts';
import { StatusMark } from '../runs/status';

const SECOND = 1000;

export interface IProgressLineProps {
  readonly id: string;
  readonly live: ILiveRuns;
  readonly trans: TranslationBundle;
  readonly onStop: () => void;
}

/** Returns seconds since the run started: the kernel's value, advanced by the browser's clock. */
function useElapsed(run: ILiveRun | undefined): number {
  const seen = useRef<{ of: unknown; at: number }>({ of: null, at: 0 });
  const source = run?.progress ?? run?.start;
  if (seen.current.of !== source) {
    seen.current = { of: source, at: performance.now() };
  }
  useTicks(SECOND);
  const known = run?.progress?.elapsed_seconds ?? 0;
  if (run?.end) {
    return run.end.wall_seconds ?? known;
  }
  return known + (performance.now() - seen.current.at) / SECOND;
}

function Counts(props: {
  readonly run: ILiveRun | undefined;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { trans } = props;
  const progress = props.run?.progress;
  if (!progress || progress.tasks_all === 0) {
    return null;
  }
  const { tasks_done, tasks_all, workers } = progress;
  return (
    <>
      <progress
        className="hrlab-Progress-tasks"
        max={tasks_all}
        value={tasks_done}
        aria-label={trans.__('Tasks done')}
      />
      <span className="hrlab-Result-counts">
        {trans.__(
          '%1/%2 tasks',
          formatCount(tasks_done),
          formatCount(tasks_all)
        )}
        {workers > 0 ? ` \u00b7 ${formatWorkers(workers, trans)}` : ''}
      </span>
    </>
  );
}

function ProgressView(props: IProgressLineProps): JSX.Element {
  const { id, live, trans, onStop } = props;
  useSignals(live.changed);
  const run = live.get(id);
  const elapsed = useElapsed(run);
  const usual = run?.start.usual_seconds ?? null;
  return (
    <div
      className="hrlab-Result-line"
      role="group"
      aria-label={trans.__('Run %1 in progress', run?.start.name ?? '')}
      data-hrlab-live={id}
    >
      <StatusMark status="running" trans={trans} />
      <span className="hrlab-Result-wall" role="timer">
        {formatClock(elapsed)}
      </span>
      {usual === null ? null : (
        <span className="hrlab-Progress-usual">
          {trans.__('(last %1)', formatDuration(usual))}
        </span>
      )}
      <PhaseTexts phases={run?.progress?.phases ?? null} trans={trans} />
      <Counts run={run} trans={trans} />
      <span className="hrlab-Spring" />
      {run?.end ? null : (
        <button
          className="hrlab-Link hrlab-Progress-stop"
          title={trans.__('Interrupt the kernel')}
          onClick={onStop}
        >
          {`\u25a0 ${trans.__('stop')}`}
        </button>
      )}
    </div>
  );
}

/** The progress line under a cell. */
export class ProgressLine extends ReactWidget {
  constructor(private readonly _props: IProgressLineProps) {
    super();
    this.addClass('hrlab-Result');
    this.addClass('hrlab-Progress');
  }

  get runId(): string {
    return this._props.id;
  }

  protected render(): JSX.Element {
    return <ProgressView {...this._props} />;
  }
}
