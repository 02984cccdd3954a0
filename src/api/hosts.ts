import { IChart, readChart } from './chart';
import { asObject, listOf, stringOr, textOrNull } from './guards';

/** A titled chart of a run's hosts. */
export interface IHostChart extends IChart {
  readonly title: string;
}

/** Host metrics of a run from the site's metrics database; no source if the site has none. */
export interface IHosts {
  readonly source: string | null;
  readonly note: string;
  readonly charts: readonly IHostChart[];
}

export function readHosts(value: unknown): IHosts {
  const data = asObject(value, 'hosts');
  return {
    source: textOrNull(data.source),
    note: stringOr(data.note, ''),
    charts: listOf(data.charts, item => ({
      ...readChart(item),
      title: stringOr(asObject(item, 'hosts.charts').title, '')
    }))
  };
}
