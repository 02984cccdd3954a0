import type { IChart } from '../api';

export function textElement(tag: string, text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

/** Rounds to four digits, beyond the precision of any measurement here; the CSV has all digits. */
function cellText(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return String(
      Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
    );
  }
  return value === null || value === undefined ? '' : String(value);
}

/** Returns the data of a chart as an HTML table. */
export function tableNode(chart: IChart): HTMLElement {
  const table = document.createElement('table');
  table.className = 'hrlab-Table';
  const head = table.createTHead().insertRow();
  for (const column of chart.columns) {
    const unit = column.unit ? ` (${column.unit})` : '';
    head.appendChild(textElement('th', (column.label || column.name) + unit));
  }
  const body = table.createTBody();
  for (const row of chart.rows) {
    const line = body.insertRow();
    for (const value of row) {
      const cell = line.insertCell();
      cell.textContent = cellText(value);
      cell.className = typeof value === 'number' ? 'hrlab-mod-number' : '';
    }
  }
  return table;
}
