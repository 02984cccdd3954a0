import { LabIcon } from '@jupyterlab/ui-components';

const svg = (body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">${body}</svg>`;

const WATCH =
  '<path d="M9 1h6v2H9zM12 5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 2a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z"/><path d="M11 9h2v5h-2z"/><path d="m18.3 4.3 2 2-1.4 1.4-2-2z"/>';

/** A stopwatch: hrlab, and timed runs. */
export const hrlabIcon = new LabIcon({
  name: 'hrlab:icon',
  svgstr: svg(`<g class="jp-icon3" fill="#616161">${WATCH}</g>`)
});

/** A stopwatch with a run arrow: run the selected cells with timing. */
export const timeRunIcon = new LabIcon({
  name: 'hrlab:time-run',
  svgstr: svg(
    '<g class="jp-icon3" fill="#616161"><path d="M9 1h6v2H9zM12 5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 2a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z"/><path d="m18.3 4.3 2 2-1.4 1.4-2-2z"/><path d="M10 10v7l5.5-3.5z"/></g>'
  )
});

/** A stopwatch with a double arrow: run the notebook with timing. */
export const timeAllIcon = new LabIcon({
  name: 'hrlab:time-all',
  svgstr: svg(
    '<g class="jp-icon3" fill="#616161"><path d="M9 1h6v2H9zM12 5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 2a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z"/><path d="m18.3 4.3 2 2-1.4 1.4-2-2z"/><path d="M7.5 10v7l4.5-3.5zM12 10v7l4.5-3.5z"/></g>'
  )
});

export const labelIcon = new LabIcon({
  name: 'hrlab:label',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M3 3h9l9 9-9 9-9-9zm2 2v6.2l7 7 6.2-6.2-7-7zm2.5 1A1.5 1.5 0 1 1 6 7.500 1.500 1.500 0 0 1 7.500 6z"/>'
  )
});

/** Bars of two lengths: compare runs. */
export const compareIcon = new LabIcon({
  name: 'hrlab:compare',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M3 4h2v16H3zM6 6h14v5H6zM6 13h8v5H6z"/>'
  )
});

/** A growing bar chart: recommend a cluster size. */
export const sizeIcon = new LabIcon({
  name: 'hrlab:size',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M4 14h4v6H4zM10 9h4v11h-4zM16 4h4v16h-4z"/>'
  )
});

const tool = (name: string, body: string) =>
  new LabIcon({
    name: `hrlab:${name}`,
    svgstr: svg(`<g class="jp-icon3" fill="#616161">${body}</g>`)
  });

/** A scheduler with three workers: a cluster. */
export const clusterIcon = tool(
  'cluster',
  '<path d="M9 2h6v6h-2v3h7v5h2v6h-6v-6h2v-3h-5v3h2v6H9v-6h2v-3H6v3h2v6H2v-6h2v-5h7V8H9z"/>'
);

/** A plug: connect a kernel. */
export const connectIcon = tool(
  'connect',
  '<path d="M8 2h2v5h4V2h2v5h2v5a6 6 0 0 1-5 5.900V22h-2v-4.100A6 6 0 0 1 6 12V7h2zm0 7v3a4 4 0 0 0 8 0V9z"/>'
);

export const dashboardIcon = tool(
  'dashboard',
  '<path d="M3 4h18v16H3zm2 2v12h14V6zm2 7h2v4H7zm4-5h2v9h-2zm4 3h2v6h-2z"/>'
);

export const scaleIcon = tool(
  'scale',
  '<path d="m12 2 5 5-1.400 1.400L13 5.800v12.400l2.600-2.600L17 17l-5 5-5-5 1.400-1.400 2.600 2.600V5.800L8.400 8.400 7 7z"/>'
);

export const logsIcon = tool(
  'logs',
  '<path d="M4 4h16v2H4zm0 4.700h12v2H4zm0 4.600h16v2H4zM4 18h9v2H4z"/>'
);

export const clockIcon = tool(
  'clock',
  '<path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14z"/><path d="M11 7h2v4.600l3.500 2-1 1.700L11 12.700z"/>'
);

const shape = (name: string, body: string) =>
  new LabIcon({ name: `hrlab:status-${name}`, svgstr: svg(body) });

/** One shape per status, so that colour is not needed. */
export const statusIcons = {
  running: shape(
    'running',
    '<g class="hrlab-StatusShape"><path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14z"/><path d="M12 7v5h5a5 5 0 0 0-5-5z"/></g>'
  ),
  ok: shape(
    'ok',
    '<path class="hrlab-StatusShape" d="m9.500 16.200-4-4L4 13.700l5.500 5.500L20.500 8.200 19 6.700z"/>'
  ),
  failed: shape(
    'failed',
    '<path class="hrlab-StatusShape" d="M18.500 7 17 5.500l-5 5-5-5L5.500 7l5 5-5 5L7 18.500l5-5 5 5 1.500-1.500-5-5z"/>'
  ),
  interrupted: shape(
    'interrupted',
    '<path class="hrlab-StatusShape" d="M6 6h12v12H6z"/>'
  )
};

/** One shape per state of a cluster or step. */
export const clusterIcons = {
  starting: shape(
    'starting',
    '<path class="hrlab-StatusShape" d="M12 3v3a6 6 0 1 1-6 6H3a9 9 0 1 0 9-9z"/>'
  ),
  ready: shape(
    'ready',
    '<circle class="hrlab-StatusShape" cx="12" cy="12" r="7"/>'
  ),
  closing: shape(
    'closing',
    '<path class="hrlab-StatusShape" d="M5 10.500h14v3H5z"/>'
  ),
  failed: statusIcons.failed,
  unreachable: shape(
    'unreachable',
    '<path class="hrlab-StatusShape" d="M12 2 1 21h22zm0 4 7.500 13h-15zm-1 4h2v4h-2zm0 5.500h2v2h-2z"/>'
  ),
  waiting: shape(
    'waiting',
    '<path class="hrlab-StatusShape" d="M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z"/>'
  ),
  running: statusIcons.running,
  done: statusIcons.ok
};
