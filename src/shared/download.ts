import type { PartialJSONValue } from '@lumino/coreutils';

/** Downloads `blob` as `name`, with characters removed that file names cannot have. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[\\/:*?"<>|\s]+/g, '-');
  document.body.appendChild(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** Downloads a value as a JSON file. */
export function downloadJSON(value: PartialJSONValue, name: string): void {
  const text = JSON.stringify(value, null, 2) + '\n';
  download(new Blob([text], { type: 'application/json' }), name);
}
