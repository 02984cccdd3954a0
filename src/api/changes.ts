import { isObject, listOf, numberOr, stringOr, textOrNull } from './guards';

/** Schema id of the Jupyter event that announces changes. */
export const CHANGED_SCHEMA = 'https://schema.hrlab.org/changed';

export interface IChanged {
  readonly topic: string;
  readonly seq: number;
  readonly ids: readonly string[];
}

/** Parses an event of the server; null if it is not one of hrlab's. */
export function readChanged(value: unknown): IChanged | null {
  if (!isObject(value) || value.schema_id !== CHANGED_SCHEMA) {
    return null;
  }
  return {
    topic: stringOr(value.topic, ''),
    seq: numberOr(value.seq, 0),
    ids: listOf(value.ids, textOrNull)
  };
}
