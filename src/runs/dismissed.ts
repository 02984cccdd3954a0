import type { IStateDB } from '@jupyterlab/statedb';
import { isObject, listOf, textOrNull } from '../api';

const KEY = 'hrlab:dismissed';
const LONGEST = 500;

/** Advice that the user has dismissed. */
export class Dismissed {
  constructor(private readonly _db: IStateDB | null) {}

  async load(): Promise<void> {
    const saved = await this._db?.fetch(KEY);
    if (isObject(saved)) {
      listOf(saved.keys, textOrNull).forEach(key => this._keys.add(key));
    }
  }

  has(id: string, code: string): boolean {
    return this._keys.has(`${id}:${code}`);
  }

  add(id: string, code: string): void {
    this._keys.add(`${id}:${code}`);
    const keys = [...this._keys].slice(-LONGEST);
    void this._db?.save(KEY, { keys });
  }

  private readonly _keys = new Set<string>();
}
