import type { TranslationBundle } from '@jupyterlab/translation';
import type { IQuota, IQuotaSource } from '../api';
import { formatBytes, formatCount, formatShare } from '../shared/format';
import { formatSpan } from '../shared/format';
import type { IQuotaBar } from './bars';

const GB = 1e9;
const GIB = 1024 ** 3;
const DIGITS = 3;
/** Below this fraction of the unit, a smaller unit is used. */
const SMALL = 0.1;
/** Data older than this is marked as old. */
const FRESH_SECONDS = 120;

export function resourceName(
  resource: string,
  trans: TranslationBundle
): string {
  switch (resource) {
    case 'workers':
      return trans.__('Workers');
    case 'cores':
      return trans.__('Cores');
    case 'memory':
      return trans.__('Memory');
    case 'clusters':
      return trans.__('Clusters');
    case 'hours':
      return trans.__('Core hours');
    case 'storage':
      return trans.__('Storage');
    case 'pods':
      return trans.__('Pods');
    case 'jobs':
      return trans.__('Jobs');
    default:
      return resource;
  }
}

export function sourceName(source: string, trans: TranslationBundle): string {
  switch (source) {
    case 'site':
      return trans.__('the site’s configuration');
    case 'kubernetes':
      return trans.__('Kubernetes');
    case 'server':
      return trans.__('this Jupyter server');
    case 'storage':
      return trans.__('the storage system');
    case 'batch':
      return trans.__('the batch system');
    case 'gateway':
      return trans.__('Dask Gateway');
    default:
      return source;
  }
}

function formatScope(scope: string, trans: TranslationBundle): string {
  switch (scope) {
    case 'user':
      return trans.__('you');
    case 'group':
      return trans.__('your group');
    case 'namespace':
      return trans.__('everyone in the namespace');
    case 'site':
      return trans.__('everyone at the site');
    default:
      return scope;
  }
}

const numberText = (value: number) =>
  Number.isInteger(value) || value >= 1000
    ? formatCount(value)
    : String(Number(value.toPrecision(DIGITS)));

/** Storage uses GB and memory GiB; a storage limit of whole GiB uses GiB. */
function isDecimal({ resource, limit }: IQuota): boolean {
  const whole = typeof limit === 'number' && Number.isInteger(limit / GIB);
  return resource === 'storage' && !whole;
}

function bytesText(value: number, quota: IQuota): string {
  return isDecimal(quota) && value >= SMALL * GB
    ? `${numberText(value / GB)} GB`
    : formatBytes(value);
}

/** Formats an amount with its unit: `82 cores`, `1 cluster`, `20 GiB`, `10 GB`. */
export function formatAmount(amount: number, quota: IQuota): string {
  if (quota.unit === 'bytes') {
    return bytesText(amount, quota);
  }
  const noun = quota.unit.replace('core-hours', 'core hours');
  return `${numberText(amount)} ${amount === 1 ? noun.replace(/s$/, '') : noun}`;
}

/** Formats `8.1 of 10 GB`, both in the limit's unit unless an amount is too small for it. */
function ofLimit(
  parts: readonly number[],
  limit: number,
  quota: IQuota,
  trans: TranslationBundle
): string {
  const whole = formatAmount(limit, quota);
  let said = parts.map(numberText);
  if (quota.unit === 'bytes') {
    const [factor, unit] = isDecimal(quota) ? [GB, ' GB'] : [GIB, ' GiB'];
    said = parts.map(part =>
      whole.endsWith(unit) && (part === 0 || part >= SMALL * factor)
        ? numberText(part / factor)
        : bytesText(part, quota)
    );
  }
  return trans.__('%1 of %2', said.join(' + '), whole);
}

/** Formats `82 of 128 cores`, or `82 + 16 of 128 cores` with a request. */
export function formatBar(
  { quota, asked }: IQuotaBar,
  trans: TranslationBundle
): string {
  const { limit, used } = quota;
  const known = typeof used === 'number' ? used : null;
  if (typeof limit === 'number') {
    if (known === null) {
      const whole = formatAmount(limit, quota);
      return trans.__('limit %1, usage unknown', whole);
    }
    return ofLimit(asked > 0 ? [known, asked] : [known], limit, quota, trans);
  }
  const word =
    limit === 'unlimited' ? trans.__('unlimited') : trans.__('limit unknown');
  return known === null
    ? word
    : trans.__('%1 used, %2', formatAmount(known, quota), word);
}

/** Returns a word for usage near the limit, so that colour is not needed; empty below. */
export function formatFill(bar: IQuotaBar, trans: TranslationBundle): string {
  const { quota, fill, asked } = bar;
  const { limit, used } = quota;
  if (typeof limit !== 'number' || typeof used !== 'number') {
    return '';
  }
  const share = formatShare((used + asked) / limit);
  const more = shortAmount(used + asked - limit, quota);
  switch (fill) {
    case 'near':
      if (used + asked > limit) {
        return trans.__('%1 short', more);
      }
      return asked > 0
        ? trans.__('%1 full', share)
        : trans.__('%1 used', share);
    case 'full':
      return trans.__('full');
    case 'over':
      return trans.__('%1 over', more);
    default:
      return '';
  }
}

/** Formats an amount without a unit if the adjacent amount has it. */
function shortAmount(amount: number, quota: IQuota): string {
  return quota.unit === 'bytes'
    ? formatAmount(amount, quota)
    : numberText(amount);
}

/** Returns a quota's tooltip: numbers, scope, source, holders, age. */
export function quotaHint(
  bar: IQuotaBar,
  now: number,
  trans: TranslationBundle
): string {
  const { quota } = bar;
  const { available, holders, as_of_at } = quota;
  const words = formatBar({ ...bar, asked: 0 }, trans);
  const name = resourceName(quota.resource, trans);
  const lines = [
    quota.label ? `${name} · ${quota.label}: ${words}` : `${name}: ${words}`,
    typeof available === 'number'
      ? trans.__('Left: %1', formatAmount(available, quota))
      : '',
    bar.asked > 0
      ? trans.__('Requested here: %1', formatAmount(bar.asked, quota))
      : '',
    trans.__('Applies to: %1', formatScope(quota.scope, trans)),
    quota.profiles
      ? trans.__('For profiles: %1', quota.profiles.join(', '))
      : '',
    holders.length > 0 ? trans.__('Used by: %1', formatHolders(quota)) : '',
    quota.note,
    quota.error ?? '',
    as_of_at === null
      ? trans.__('Source: %1', sourceName(quota.source, trans))
      : trans.__(
          'Source: %1, %2 ago',
          sourceName(quota.source, trans),
          formatSpan(now - as_of_at)
        )
  ];
  return lines.filter(line => line).join('\n');
}

const MOST_HOLDERS = 6;

function formatHolders(quota: IQuota): string {
  const said = quota.holders
    .slice(0, MOST_HOLDERS)
    .map(({ name, used }) => `${name} (${formatAmount(used, quota)})`);
  return quota.holders.length > MOST_HOLDERS
    ? `${said.join(', ')}, …`
    : said.join(', ');
}

/** Describes a source's error, or that its data is old; empty if neither. */
export function formatSource(
  state: IQuotaSource,
  now: number,
  trans: TranslationBundle
): string {
  const { source, as_of_at, error } = state;
  const name = sourceName(source, trans);
  const age = as_of_at === null ? null : now - as_of_at;
  if (error) {
    const old =
      age !== null && age >= FRESH_SECONDS
        ? trans.__('Last answer %1 ago.', formatSpan(age))
        : '';
    return `${trans.__('Limits from %1: %2', name, error)} ${old}`.trim();
  }
  return age !== null && age >= FRESH_SECONDS
    ? trans.__('Limits from %1 are %2 old.', name, formatSpan(age))
    : '';
}
