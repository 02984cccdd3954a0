import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef } from 'react';
import type { IAsks, IQuota } from '../api';
import { barOf, foldQuotas, IQuotaBar, quotasFor } from './bars';
import { QuotaList } from './model';
import {
  formatBar,
  formatFill,
  quotaHint,
  resourceName,
  formatSource
} from './text';
import { Hint } from '../shared/hint';
import { useSignals, useTicks } from '../shared/hooks';

/** Ages are shown in whole minutes. */
const AGE_MS = 30000;
const now = () => Date.now() / 1000;

/** Shows a tooltip beside a node on hover and focus. */
function useHint(text: () => string): React.HTMLAttributes<HTMLElement> {
  const hint = useRef(new Hint());
  useEffect(() => () => hint.current.hide(), []);
  const show = (event: React.SyntheticEvent<HTMLElement>) =>
    hint.current.show(event.currentTarget, text());
  const hide = () => hint.current.hide();
  return {
    onMouseEnter: show,
    onFocus: show,
    onMouseLeave: hide,
    onBlur: hide
  };
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function Meter({ bar }: { readonly bar: IQuotaBar }): JSX.Element {
  return (
    <span className="hrlab-Quota-bar" aria-hidden="true">
      <span
        className="hrlab-Quota-used"
        style={{ width: percent(bar.usedShare) }}
      />
      <span
        className="hrlab-Quota-asked"
        style={{ width: percent(bar.askedShare) }}
      />
    </span>
  );
}

interface IBarProps {
  readonly bar: IQuotaBar;
  /** Distinguishes it from other limits of the same resource. */
  readonly label: string;
  readonly trans: TranslationBundle;
}

function QuotaBar({ bar, label, trans }: IBarProps): JSX.Element {
  const { quota, fill } = bar;
  const name = resourceName(quota.resource, trans);
  const words = formatBar(bar, trans);
  const near = formatFill(bar, trans);
  const hint = useHint(() => quotaHint(bar, now(), trans));
  const isKnown = fill !== 'unknown' && fill !== 'unlimited';
  return (
    <li
      className={`hrlab-Quota hrlab-mod-${fill}`}
      data-hrlab-quota={quota.resource}
      tabIndex={0}
      aria-label={[name, label, words, near].filter(part => part).join(', ')}
      {...hint}
    >
      <span className="hrlab-Quota-line">
        <span className="hrlab-Quota-name">{name}</span>
        {label ? <span className="hrlab-Quota-label">{label}</span> : null}
        <span className="hrlab-Quota-amount">{words}</span>
        {near ? <span className="hrlab-Quota-near">{near}</span> : null}
      </span>
      {isKnown ? <Meter bar={bar} /> : <span className="hrlab-Quota-none" />}
    </li>
  );
}

interface IBarsProps {
  readonly quotas: readonly IQuota[];
  readonly asks: IAsks | null;
  readonly trans: TranslationBundle;
}

function Bars({ quotas, asks, trans }: IBarsProps): JSX.Element {
  const several = (resource: string) =>
    quotas.filter(quota => quota.resource === resource).length > 1;
  return (
    <ul className="hrlab-Quota-list">
      {quotas.map((quota, index) => (
        <QuotaBar
          key={`${quota.source} ${quota.resource} ${quota.label} ${index}`}
          bar={barOf(quota, asks)}
          label={
            several(quota.resource) || quota.resource === 'storage'
              ? quota.label || quota.source
              : ''
          }
          trans={trans}
        />
      ))}
    </ul>
  );
}

interface IListProps {
  readonly list: QuotaList;
  readonly trans: TranslationBundle;
}

/** Limits that could not be loaded or are old. */
function Troubles({ list, trans }: IListProps): JSX.Element {
  const said = (list.report?.sources ?? [])
    .map(source => formatSource(source, now(), trans))
    .filter(text => text);
  return (
    <>
      {list.error ? (
        <div className="hrlab-Trouble" role="status">
          {trans.__('Could not load limits: %1', list.error.message)}{' '}
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            onClick={() => list.refresh()}
          >
            {trans.__('Try again')}
          </button>
        </div>
      ) : null}
      {said.map(text => (
        <div key={text} className="hrlab-Trouble" role="status">
          {text}
        </div>
      ))}
    </>
  );
}

/** The user's quotas: the relevant ones, with the others folded. */
export function QuotaView({ list, trans }: IListProps): JSX.Element | null {
  useSignals(list.changed);
  useTicks(AGE_MS);
  const quotas = list.report?.quotas ?? [];
  const [first, more] = foldQuotas(quotas);
  return (
    <div
      className="hrlab-Quotas"
      role="group"
      aria-label={trans.__('Limits and their usage')}
    >
      {first.length > 0 ? (
        <Bars quotas={first} asks={null} trans={trans} />
      ) : list.report && !list.error ? (
        <p className="hrlab-Quotas-none">{trans.__('No known limits.')}</p>
      ) : null}
      {more.length > 0 ? (
        <details className="hrlab-Quotas-more">
          <summary>
            {trans._n('%1 more limit', '%1 more limits', more.length)}
          </summary>
          <Bars quotas={more} asks={null} trans={trans} />
        </details>
      ) : null}
      <Troubles list={list} trans={trans} />
    </div>
  );
}

interface IFormQuotasProps extends IListProps {
  readonly profile: string;
  readonly asks: IAsks | null;
  /** The values belong to a previous state of the form. */
  readonly isOld: boolean;
}

/** What a request would use of its profile's limits. */
export function FormQuotas(props: IFormQuotasProps): JSX.Element | null {
  const { list, profile, asks, isOld, trans } = props;
  useSignals(list.changed);
  const quotas = quotasFor(list.report?.quotas ?? [], profile);
  return quotas.length > 0 ? (
    <div
      className={`hrlab-Quotas hrlab-mod-form${isOld ? ' hrlab-mod-old' : ''}`}
      role="group"
      aria-label={trans.__('What this cluster would use of your limits')}
    >
      <Bars quotas={quotas} asks={asks} trans={trans} />
    </div>
  ) : null;
}
