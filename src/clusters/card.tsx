import type { TranslationBundle } from '@jupyterlab/translation';
import {
  closeIcon,
  codeIcon,
  copyIcon,
  LabIcon
} from '@jupyterlab/ui-components';
import React, { useRef } from 'react';
import type { IProfile, IStep } from '../api';
import { IClusterItem } from './model';
import {
  formatCluster,
  formatElapsed,
  factsOf,
  idleOf,
  formatPlace,
  stateName,
  stepName,
  waitingFor,
  workersOf
} from './text';
import { formatClock, formatSpan } from '../shared/format';
import { CommandIDs } from '../tokens';
import type { ICardActions } from './card-actions';
import { ClusterScale } from './scale';
import {
  clusterIcons,
  connectIcon,
  dashboardIcon,
  logsIcon,
  scaleIcon
} from '../shared/icons';
import { CutName } from '../shared/name';

export interface ICardProps extends ICardActions {
  readonly item: IClusterItem;
  readonly profile: IProfile | null;
  readonly scaling: boolean;
  readonly now: number;
}

function Mark(props: {
  readonly shape: keyof typeof clusterIcons;
  readonly label: string;
}): JSX.Element {
  const Shape = clusterIcons[props.shape].react;
  return (
    <span
      className={`hrlab-Status hrlab-cluster-${props.shape}`}
      role="img"
      aria-label={props.label}
      title={props.label}
    >
      <Shape tag="span" width="12px" height="12px" />
    </span>
  );
}

function stepLabel(step: IStep, trans: TranslationBundle): string {
  const states = {
    waiting: trans.__('waiting'),
    running: trans.__('in progress'),
    done: trans.__('done'),
    failed: trans.__('failed')
  };
  return `${stepName(step, trans)}: ${states[step.state]}`;
}

function Steps(props: {
  readonly steps: readonly IStep[];
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { steps, trans } = props;
  return steps.length === 0 ? null : (
    <ol className="hrlab-Cluster-steps" aria-label={trans.__('Steps')}>
      {steps.map(step => (
        <li key={step.name} title={step.detail || undefined}>
          <Mark shape={step.state} label={stepLabel(step, trans)} />
          {stepName(step, trans)}
        </li>
      ))}
    </ol>
  );
}

interface IActionProps {
  readonly icon: LabIcon;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
}

function Action({ icon, label, onClick, pressed }: IActionProps): JSX.Element {
  const Icon = icon.react;
  return (
    <button
      type="button"
      className="hrlab-Cluster-action"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon tag="span" width="16px" height="16px" />
    </button>
  );
}

function commandAction(
  { item, execute }: ICardProps,
  icon: LabIcon,
  label: string,
  command: string
): IActionProps {
  return { icon, label, onClick: () => execute(command, item.cluster.id) };
}

/** Actions that connect a notebook to a cluster, also for clusters of other users. */
function connectingOf(props: ICardProps): readonly IActionProps[] {
  const { item, trans } = props;
  const { name, state } = item.cluster;
  return state === 'ready'
    ? [
        commandAction(
          props,
          connectIcon,
          trans.__('Connect this notebook’s kernel to %1', name),
          CommandIDs.connectCluster
        ),
        commandAction(
          props,
          codeIcon,
          trans.__('Insert a cell that connects to %1', name),
          CommandIDs.insertClient
        )
      ]
    : [];
}

/** Returns the available actions of a cluster; closing is always last. */
function actionsOf(props: ICardProps): readonly IActionProps[] {
  const { item, trans, scaling } = props;
  const { id, mine, name, state, dashboard_path, scheduler_address } =
    item.cluster;
  if (!mine) {
    return connectingOf(props);
  }
  const ready = state === 'ready';
  const action = (
    shown: boolean,
    icon: LabIcon,
    label: string,
    command: string
  ) => (shown ? [commandAction(props, icon, label, command)] : []);
  const scale = {
    icon: scaleIcon,
    label: trans.__('Scale %1', name),
    pressed: scaling,
    onClick: () => props.onScale(scaling ? null : id)
  };
  return [
    ...connectingOf(props),
    ...action(
      ready && dashboard_path !== null,
      dashboardIcon,
      trans.__('Open the dashboard of %1', name),
      CommandIDs.openClusterDashboard
    ),
    ...(ready ? [scale] : []),
    ...action(
      true,
      logsIcon,
      trans.__('Show the logs of %1', name),
      CommandIDs.openClusterLogs
    ),
    ...action(
      scheduler_address !== null,
      copyIcon,
      trans.__('Copy the address %1', scheduler_address ?? ''),
      CommandIDs.copyClusterAddress
    ),
    ...action(
      state !== 'closing',
      closeIcon,
      trans.__('Close %1', name),
      CommandIDs.closeCluster
    )
  ];
}

function Actions(props: ICardProps): JSX.Element {
  const { item, trans } = props;
  return (
    <div
      className="hrlab-Cluster-actions"
      role="toolbar"
      aria-label={trans.__('Actions for %1', item.cluster.name)}
    >
      {actionsOf(props).map(action => (
        <Action key={action.label} {...action} />
      ))}
    </div>
  );
}

/** A start in progress: what it waits for, for how long, and Cancel. */
function Starting(props: ICardProps): JSX.Element {
  const { item, now, trans } = props;
  const { cluster } = item;
  return (
    <>
      <Steps steps={cluster.steps} trans={trans} />
      <div className="hrlab-Cluster-line">
        <span className="hrlab-Cluster-reason">
          {waitingFor(cluster, trans)}
        </span>
        <span className="hrlab-Cluster-time">
          {formatElapsed(cluster, now, trans)}
        </span>
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          onClick={() => props.execute(CommandIDs.closeCluster, cluster.id)}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </>
  );
}

/** A failed start, shown until dismissed. */
function Failed(props: ICardProps): JSX.Element {
  const { item, execute, trans } = props;
  const { id, profile, reason } = item.cluster;
  const button = (label: string, onClick: () => void) => (
    <button
      type="button"
      className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
      onClick={onClick}
    >
      {label}
    </button>
  );
  return (
    <>
      <div className="hrlab-Cluster-failure" role="alert">
        {reason || trans.__('No reason given.')}
      </div>
      <div className="hrlab-Cluster-line hrlab-mod-buttons">
        {profile
          ? button(trans.__('Try again'), () => props.onRetry(id))
          : null}
        {profile
          ? button(trans.__('Options…'), () => props.onEdit(item))
          : null}
        {item.pending
          ? null
          : button(trans.__('Log'), () =>
              execute(CommandIDs.openClusterLogs, id)
            )}
        {button(trans.__('Dismiss'), () =>
          execute(CommandIDs.closeCluster, id)
        )}
      </div>
    </>
  );
}

function Idle(props: ICardProps): JSX.Element | null {
  const { item, profile, now, trans } = props;
  const idle = idleOf(item.cluster, profile, now);
  if (!idle) {
    return null;
  }
  if (!idle.isNear) {
    return (
      <span
        title={trans.__('Idle timeout: closes after this long without tasks')}
      >
        {trans.__('idle stop in %1', formatSpan(idle.seconds))}
      </span>
    );
  }
  const left =
    idle.seconds < 120 ? formatClock(idle.seconds) : formatSpan(idle.seconds);
  return (
    <span className="hrlab-Cluster-idle">
      <Mark shape="unreachable" label={trans.__('Warning')} />
      {trans.__('closes in %1 if idle', left)}
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        title={trans.__('Reset the idle timeout')}
        onClick={() => props.execute(CommandIDs.extendCluster, item.cluster.id)}
      >
        {trans.__('Extend')}
      </button>
    </span>
  );
}

/** Actions and problems of an existing cluster. */
function Existing(props: ICardProps): JSX.Element {
  const { item, now, trans } = props;
  const { cluster } = item;
  const waits = waitingFor(cluster, trans);
  return (
    <>
      <div className="hrlab-Cluster-facts">
        <span>{factsOf(cluster, now, trans).join(' · ')}</span>
        <Idle {...props} />
      </div>
      {waits ? <div className="hrlab-Cluster-reason">{waits}</div> : null}
    </>
  );
}

function Body(props: ICardProps): JSX.Element {
  const { state } = props.item.cluster;
  if (state === 'starting') {
    return <Starting {...props} />;
  }
  return state === 'failed' ? <Failed {...props} /> : <Existing {...props} />;
}

/** Card of a cluster: description, state, actions. */
export function ClusterCard(props: ICardProps): JSX.Element {
  const { item, profile, scaling, now, trans } = props;
  const { cluster } = item;
  const { id, mine, name, state } = cluster;
  const card = useRef<HTMLLIElement>(null);
  const acts =
    !item.pending && (mine ? state !== 'starting' : state === 'ready');
  return (
    <li
      ref={card}
      className={`hrlab-Cluster hrlab-mod-${state}`}
      aria-label={formatCluster(cluster, profile, now, trans)}
      {...(mine ? { 'data-hrlab-cluster': id } : {})}
      data-hrlab-card={id}
      tabIndex={-1}
      data-hrlab-cluster-state={state}
    >
      <div
        className={`hrlab-Cluster-head${state === 'ready' && mine ? ' hrlab-mod-drag' : ''}`}
        title={
          state === 'ready' && mine
            ? trans.__('Drag into a notebook to insert client code')
            : undefined
        }
        onMouseDown={event =>
          card.current && props.onPress(event, cluster, card.current)
        }
      >
        <Mark shape={state} label={stateName(state, trans)} />
        <CutName name={name} />
        <span className="hrlab-Cluster-workers">
          {state === 'failed' || state === 'starting'
            ? stateName(state, trans)
            : workersOf(cluster, trans)}
        </span>
      </div>
      <div className="hrlab-Cluster-place">
        {formatPlace(cluster, profile, trans)}
        {state === 'ready' || state === 'failed' || state === 'starting'
          ? ''
          : ` · ${stateName(state, trans)}`}
        {cluster.created_by === 'other'
          ? ` · ${trans.__('created elsewhere')}`
          : ''}
      </div>
      <Body {...props} />
      {acts && state !== 'failed' ? <Actions {...props} /> : null}
      {scaling && state === 'ready' ? (
        <ClusterScale {...props} cluster={cluster} />
      ) : null}
    </li>
  );
}
