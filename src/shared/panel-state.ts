import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import {
  booleanOr,
  isObject,
  listOf,
  numberOr,
  stringOr,
  textOrNull
} from '../api';

const KEY = 'hrlab:panel';
const SAVE_MS = 200;

/** State of the panel that survives a reload. */
export interface IPanelState {
  readonly text: string;
  readonly thisNotebook: boolean;
  readonly label: string;
  readonly selected: readonly string[];
  readonly folded: readonly string[];
  /** Runs rejected before this time (UTC epoch seconds) have been dismissed. */
  readonly refusalsSeenAt: number;
  /** The storage warning that the user has dismissed. */
  readonly storageWarningSeen: string;
}

const EMPTY: IPanelState = {
  text: '',
  thisNotebook: false,
  label: '',
  selected: [],
  folded: [],
  refusalsSeenAt: 0,
  storageWarningSeen: ''
};

function read(value: unknown): IPanelState {
  const data = isObject(value) ? value : {};
  return {
    text: stringOr(data.text, ''),
    thisNotebook: booleanOr(data.thisNotebook, false),
    label: stringOr(data.label, ''),
    selected: listOf(data.selected, textOrNull),
    folded: listOf(data.folded, textOrNull),
    refusalsSeenAt: numberOr(data.refusalsSeenAt, 0),
    storageWarningSeen: stringOr(data.storageWarningSeen, '')
  };
}

/** Filter, selection and collapsed sections of the panel, kept in the state database. */
export class PanelState {
  constructor(private readonly _db: IStateDB | null) {}

  get changed(): ISignal<this, IPanelState> {
    return this._changed;
  }

  get value(): IPanelState {
    return this._value;
  }

  async load(): Promise<void> {
    const saved = await this._db?.fetch(KEY);
    if (!this._touched) {
      this._value = read(saved);
      this._changed.emit(this._value);
    }
  }

  set(change: Partial<IPanelState>): void {
    this._touched = true;
    this._value = { ...this._value, ...change };
    this._changed.emit(this._value);
    void this._saver.invoke();
  }

  toggle(id: string): void {
    const { selected } = this._value;
    this.set({
      selected: selected.includes(id)
        ? selected.filter(other => other !== id)
        : [...selected, id]
    });
  }

  deselect(id: string): void {
    if (this._value.selected.includes(id)) {
      this.toggle(id);
    }
  }

  fold(section: string, folded: boolean): void {
    const others = this._value.folded.filter(name => name !== section);
    this.set({ folded: folded ? [...others, section] : others });
  }

  private readonly _changed = new Signal<this, IPanelState>(this);
  private readonly _saver = new Debouncer(async () => {
    await this._db?.save(
      KEY,
      this._value as unknown as ReadonlyPartialJSONValue
    );
  }, SAVE_MS);
  private _value = EMPTY;
  private _touched = false;
}
