import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDelivery, IRefusedRun } from '../api';
import { formatSpan } from '../shared/format';

/** Formats a local time of day, with the date if it is not today. */
export function formatMoment(at: number, now: number): string {
  const then = new Date(at * 1000);
  const isToday = then.toDateString() === new Date(now * 1000).toDateString();
  return then.toLocaleString(undefined, {
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit'
  });
}

/** Returns runs rejected after `seen` (UTC epoch seconds), newest first. */
export function newRefusals(
  delivery: IDelivery,
  seen: number
): readonly IRefusedRun[] {
  return delivery.refusals.filter(refusal => refusal.at > seen);
}

/** Describes how many runs are waiting and since when; empty if delivery works. */
export function formatWaiting(
  delivery: IDelivery,
  now: number,
  trans: TranslationBundle
): string {
  if (delivery.error === null || delivery.waiting === 0) {
    return '';
  }
  const said = trans._n(
    '%1 run is waiting to be delivered',
    '%1 runs are waiting to be delivered',
    delivery.waiting
  );
  return delivery.away_since_at === null
    ? said
    : trans.__('%1 since %2', said, formatMoment(delivery.away_since_at, now));
}

/** Describes when the next attempt is due. */
export function formatNextTry(
  delivery: IDelivery,
  now: number,
  trans: TranslationBundle
): string {
  const left = (delivery.next_try_at ?? now) - now;
  return left > 1
    ? trans.__('Next try in %1.', formatSpan(left))
    : trans.__('Retrying…');
}

/** Describes how many runs were rejected; empty if none. */
export function formatRefused(
  delivery: IDelivery,
  fresh: readonly IRefusedRun[],
  trans: TranslationBundle
): string {
  // The server lists only the latest refusals of many.
  const count =
    fresh.length === delivery.refusals.length ? delivery.refused : fresh.length;
  return fresh.length === 0
    ? ''
    : trans._n(
        '%1 run was rejected by the site’s database',
        '%1 runs were rejected by the site’s database',
        count
      );
}

/** Returns the remedy for a rejection, derived from the database's message. */
export function formatRemedy(
  message: string,
  trans: TranslationBundle
): string {
  if (/retention|too old/i.test(message)) {
    return trans.__(
      'The run is older than the database’s retention period. No action is needed.'
    );
  }
  if (/field type|type conflict|already exists as type/i.test(message)) {
    return trans.__(
      'The database already has a field of that name with a different type. Contact its administrator.'
    );
  }
  return trans.__('Show this to the database administrator.');
}
