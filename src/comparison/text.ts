import type { TranslationBundle } from '@jupyterlab/translation';
import type { IComparedGroup, IDifferenceLine } from '../api';
import { formatDuration } from '../shared/format';
import { formatPods } from '../runs/text';

/** Returns the display name of a grouping. */
export function groupingName(by: string, trans: TranslationBundle): string {
  switch (by) {
    case 'approach':
      return trans.__('approach');
    case 'threads':
      return trans.__('threads');
    case 'workers':
      return trans.__('workers');
    case 'profile':
      return trans.__('profile');
    case 'run':
      return trans.__('single runs');
    default:
      return by.replace(/^(label|workload):/, '');
  }
}

/** Returns the name of a grouping for a menu, telling labels and figures from built-in groupings. */
export function groupingChoice(by: string, trans: TranslationBundle): string {
  const name = groupingName(by, trans);
  if (by.startsWith('label:')) {
    return trans.__('label %1', name);
  }
  return by.startsWith('workload:') ? trans.__('workload %1', name) : name;
}

/** Returns the title of a chart. */
export function chartTitle(name: string, trans: TranslationBundle): string {
  const titles: Readonly<Record<string, string>> = {
    time: trans.__('Wall time'),
    'speed-up': trans.__('Speed-up'),
    efficiency: trans.__('Efficiency'),
    work: trans.__('Wall time by workload'),
    difference: trans.__('Wall time difference'),
    'difference-groups': trans.__('Difference by task group'),
    'resources-cpu': trans.__('CPU'),
    'resources-memory': trans.__('Memory'),
    'resources-network-read': trans.__('Network, read'),
    'resources-network-write': trans.__('Network, written'),
    'resources-disk-read': trans.__('Disk, read'),
    'resources-disk-write': trans.__('Disk, written')
  };
  return titles[name] ?? name;
}

/** Describes why a group's runs were not alone. */
export function formatOthers(
  group: IComparedGroup,
  trans: TranslationBundle
): string {
  return group.otherPods
    ? trans.__('Not exclusive: %1', formatPods(group.otherPods, trans))
    : trans.__('Other work ran on the cluster at the same time');
}

/** Returns the median wall time, with the range for several runs. */
export function formatWall(group: IComparedGroup): string {
  const wall = formatDuration(group.wallSeconds);
  return group.runs.length > 1
    ? `${wall} (${formatDuration(group.lowSeconds)} – ${formatDuration(group.highSeconds)})`
    : wall;
}

export function formatRatio(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(3)));
}

/** Formats seconds as in published tables: whole seconds from 100 on. */
export function publishedSeconds(seconds: unknown): string {
  if (typeof seconds !== 'number') {
    return '–';
  }
  return `${seconds < 100 ? formatRatio(seconds) : Math.round(seconds)} s`;
}

/** Formats after minus before, with its sign. */
export function changeOfLine(line: IDifferenceLine): string {
  if (line.before === null || line.after === null) {
    return '–';
  }
  const change = line.after - line.before;
  return `${change > 0 ? '+' : ''}${formatDuration(change)}`;
}

/** Returns the name of a part of a run; stages are prefixed with dask. */
export function nameOfLine(
  line: IDifferenceLine,
  trans: TranslationBundle
): string {
  if (line.part === 'wall') {
    return trans.__('wall time');
  }
  return line.part === 'stage' ? `dask: ${line.name}` : line.name;
}
