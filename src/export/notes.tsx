import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IDelivery, IRefusedRun } from '../api';
import {
  formatMoment,
  newRefusals,
  formatNextTry,
  formatRefused,
  formatRemedy,
  formatWaiting
} from './text';
import { PanelState } from '../shared/panel-state';
import { Snapshot } from '../shared/snapshot';
import { useSignals, useTicks } from '../shared/hooks';

const SECOND = 1000;
const SHORT_ID = 8;

export interface IDeliveryProps {
  readonly delivery: Snapshot<IDelivery | null>;
  readonly state: PanelState;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
}

interface INoteProps {
  readonly said: string;
  readonly children: React.ReactNode;
}

/** One line with expandable details. */
function Note({ said, children }: INoteProps): JSX.Element {
  return (
    <details
      className="hrlab-Trouble hrlab-Delivery"
      onToggle={({ currentTarget: note }) => {
        const box = note.parentElement;
        if (note.open && box) {
          box.scrollTop = note.offsetTop - box.offsetTop;
        }
      }}
    >
      <summary>
        <span role="status">{said}</span>
      </summary>
      {children}
    </details>
  );
}

function Waiting(props: {
  readonly delivery: IDelivery;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { delivery, trans } = props;
  useTicks(SECOND);
  const now = Date.now() / 1000;
  const said = formatWaiting(delivery, now, trans);
  return said ? (
    <Note said={said}>
      <p>
        {trans.__('%1: %2.', delivery.target, delivery.error ?? '')}{' '}
        {formatNextTry(delivery, now, trans)}
      </p>
      <p>
        {trans.__(
          'Nothing is lost: runs are kept here and delivered in order. If this persists, contact the database administrator.'
        )}
      </p>
    </Note>
  ) : null;
}

interface IRefusedProps {
  readonly delivery: IDelivery;
  readonly fresh: readonly IRefusedRun[];
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
  readonly onSeen: () => void;
}

function Refused(props: IRefusedProps): JSX.Element | null {
  const { delivery, fresh, trans, onOpen, onSeen } = props;
  const said = formatRefused(delivery, fresh, trans);
  const now = Date.now() / 1000;
  return said ? (
    <Note said={said}>
      <p>
        {trans.__(
          '%1 rejected these runs. They are kept here; the others were delivered.',
          delivery.target
        )}
      </p>
      <ul className="hrlab-Delivery-refusals">
        {fresh.map(({ run, name, at, message }) => (
          <li key={`${run} ${at}`}>
            <span className="hrlab-Delivery-when">{formatMoment(at, now)}</span>
            <button
              type="button"
              className="hrlab-Link"
              title={trans.__('Open this run')}
              onClick={() => onOpen(run)}
            >
              {name || run.slice(0, SHORT_ID)}
            </button>
            <div>{formatRemedy(message, trans)}</div>
            <div className="hrlab-Delivery-said">{message}</div>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        title={trans.__('Dismiss until the next rejected run')}
        onClick={onSeen}
      >
        {trans.__('Dismiss')}
      </button>
    </Note>
  ) : null;
}

/** Notes about the delivery of runs; empty while it works. */
export function DeliveryNotes(props: IDeliveryProps): JSX.Element | null {
  const { delivery, state, trans } = props;
  useSignals(delivery.changed, state.changed);
  const found = delivery.value;
  if (!found) {
    return null;
  }
  const fresh = newRefusals(found, state.value.refusalsSeenAt);
  return (
    <div className="hrlab-DeliveryNotes">
      {found.error === null ? null : <Waiting delivery={found} trans={trans} />}
      <Refused
        delivery={found}
        fresh={fresh}
        trans={trans}
        onOpen={props.onOpen}
        onSeen={() => state.set({ refusalsSeenAt: fresh[0].at })}
      />
    </div>
  );
}
