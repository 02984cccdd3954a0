import type { IAsks, IQuota } from '../api';

/** Usage from which a bar counts as near its limit; same as the server's threshold. */
const NEAR = 0.8;

export type Fill = 'ok' | 'near' | 'full' | 'over' | 'unknown' | 'unlimited';

/** A quota as a bar, with the part a request would take. */
export interface IQuotaBar {
  readonly quota: IQuota;
  readonly fill: Fill;
  /** Shares of the limit, 0 to 1; together at most 1. */
  readonly usedShare: number;
  readonly askedShare: number;
  readonly asked: number;
}

/** Returns how much of a resource a request would take. */
export function askedOf(resource: string, asks: IAsks | null): number {
  switch (asks && resource) {
    case 'workers':
      return asks?.workers ?? 0;
    case 'cores':
      return asks?.cores ?? 0;
    case 'memory':
      return asks?.memory_bytes ?? 0;
    case 'clusters':
      return 1;
    default:
      return 0;
  }
}

/** Requests beyond an unenforced quota are not refused: they count as near, not over. */
function fillOf(
  { enforced }: IQuota,
  used: number,
  asked: number,
  limit: number
): Fill {
  const total = used + asked;
  if (total > limit) {
    return enforced || used > limit ? 'over' : 'near';
  }
  if (total === limit) {
    return 'full';
  }
  return total >= NEAR * limit ? 'near' : 'ok';
}

/** Returns a quota's bar; unknown and unlimited quotas have an empty one. */
export function barOf(quota: IQuota, asks: IAsks | null): IQuotaBar {
  const asked = askedOf(quota.resource, asks);
  const { limit, used } = quota;
  const empty = { quota, asked, usedShare: 0, askedShare: 0 };
  if (limit === 'unlimited') {
    return { ...empty, fill: 'unlimited' };
  }
  if (limit === 'unknown' || typeof used !== 'number') {
    return { ...empty, fill: 'unknown' };
  }
  const share = (amount: number) => (limit > 0 ? amount / limit : 1);
  const usedShare = Math.min(1, used > 0 || limit === 0 ? share(used) : 0);
  return {
    quota,
    asked,
    fill: fillOf(quota, used, asked, limit),
    usedShare,
    askedShare: asked > 0 ? Math.min(1 - usedShare, share(asked)) : 0
  };
}

const ORDER = ['cores', 'workers', 'memory', 'clusters', 'hours', 'storage'];
const rank = ({ resource }: IQuota) =>
  ORDER.includes(resource) ? ORDER.indexOf(resource) : ORDER.length;

/** Sorts quotas by resource, with enforced ones first within each. */
export function inOrder(quotas: readonly IQuota[]): readonly IQuota[] {
  return [...quotas].sort(
    (a, b) => rank(a) - rank(b) || Number(b.enforced) - Number(a.enforced)
  );
}

/** Returns the quotas that apply to clusters of a profile. */
export function quotasFor(
  quotas: readonly IQuota[],
  profile: string
): readonly IQuota[] {
  const taken = ['workers', 'cores', 'memory', 'clusters'];
  return inOrder(quotas).filter(
    ({ resource, profiles }) =>
      taken.includes(resource) && (profiles?.includes(profile) ?? true)
  );
}

const FEW = 3;
/** The machine's cores fluctuate between busy and idle, so they do not count as scarce. */
const isPressing = (quota: IQuota) =>
  ['near', 'full', 'over'].includes(barOf(quota, null).fill) &&
  !(quota.source === 'server' && quota.resource === 'cores');

/** Splits quotas into those shown and those folded: enforced, scarce and storage quotas are shown. */
export function foldQuotas(
  quotas: readonly IQuota[]
): readonly [readonly IQuota[], readonly IQuota[]] {
  const ordered = inOrder(quotas);
  const first = ordered.filter(
    quota =>
      isPressing(quota) ||
      (quota.enforced && typeof quota.limit === 'number') ||
      quota.resource === 'storage'
  );
  const shown = first.length > 0 ? first : ordered.slice(0, FEW);
  return [shown, ordered.filter(quota => !shown.includes(quota))];
}
