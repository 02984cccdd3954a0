import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import {
  IAsks,
  IClusterRequest,
  IOption,
  IProfile,
  IRefusal,
  OptionValue,
  OptionValues,
  refusalsOf
} from '../api';
import type { IClusters } from '../tokens';
import { BROWSER_CLOCK, IClock } from '../shared/clock';
import { formatOption, parseOption, valueToText } from './options';

/** Pause in typing before the request is checked. */
const TYPING_MS = 400;

/** Fields of a request besides the profile's options. */
const OWN_FIELDS: readonly string[] = ['name', 'kernel'];

/** An option with its input. */
export interface IField {
  readonly name: string;
  readonly option: IOption;
  readonly text: string;
  /** Why the input is invalid, found locally or reported by the server. */
  readonly problem: string;
}

/** Model of the new-cluster form, validated while the user types. */
export class ClusterForm {
  constructor(
    private readonly _clusters: IClusters,
    readonly profile: IProfile,
    private readonly _trans: TranslationBundle,
    private readonly _clock: IClock = BROWSER_CLOCK
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get name(): string {
    return this._name;
  }

  get kernel(): string {
    return this._kernel;
  }

  /** Whether a check is in progress. */
  get isChecking(): boolean {
    return this._checking;
  }

  /** Resources of the request, from the last check. */
  get asks(): IAsks | null {
    return this._asks;
  }

  /** Start with fewer workers instead of being refused. */
  get asManyAsAllowed(): boolean {
    return this._asManyAsAllowed;
  }

  /** Whether the number of workers is an option. */
  get countsWorkers(): boolean {
    return this.profile.options.workers?.user_may_set ?? false;
  }

  /** Number of workers after reduction to the limits; null if not reduced. */
  get cutTo(): number | null {
    const typed = Number(this._texts.get('workers'));
    const workers = this._asks?.workers ?? typed;
    return this._asManyAsAllowed && !this._checking && workers < typed
      ? workers
      : null;
  }

  get warnings(): readonly string[] {
    return this._warnings;
  }

  /** The error of the last check. */
  get trouble(): string {
    return this._trouble;
  }

  get fields(): readonly IField[] {
    return Object.entries(this.profile.options)
      .filter(([, option]) => option.user_may_set)
      .map(([name, option]) => {
        const text = this._texts.get(name) ?? '';
        const { problem } = parseOption(option, text, this._trans);
        return {
          name,
          option,
          text,
          problem: problem ?? this.refusalsOf(name).join(' ')
        };
      });
  }

  /** Options fixed by the site, for display. */
  get fixed(): readonly string[] {
    return Object.values(this.profile.options)
      .filter(option => !option.user_may_set)
      .map(
        option => `${option.label}: ${formatOption(option, option.default)}`
      );
  }

  /** Returns the server's refusals for one field. */
  refusalsOf(name: string): readonly string[] {
    return this._refusals
      .filter(refusal => this._fieldOf(refusal) === name)
      .map(refusal => refusal.message);
  }

  /** The server's refusals of the request as a whole. */
  get refusals(): readonly string[] {
    return this.refusalsOf('');
  }

  get isValid(): boolean {
    return this._refusals.length === 0 && this._parsed() !== null;
  }

  get isDefault(): boolean {
    return this.isFilledWith({});
  }

  /** Returns whether the form equals these values with defaults for the rest. */
  isFilledWith(values: OptionValues): boolean {
    return Object.entries(this.profile.options).every(
      ([name, option]) =>
        !option.user_may_set ||
        this._texts.get(name) ===
          valueToText(option, values[name] ?? option.default)
    );
  }

  /** Fills in values; missing or no longer allowed ones get their default. */
  fill(values: OptionValues, name = '', kernel = '', most = false): void {
    for (const [key, option] of Object.entries(this.profile.options)) {
      const text = valueToText(option, values[key] ?? option.default);
      const { problem } = parseOption(option, text, this._trans);
      this._texts.set(
        key,
        problem === null ? text : valueToText(option, option.default)
      );
    }
    this._name = name;
    this._kernel = kernel;
    this._asManyAsAllowed = most;
    this._touch(0);
  }

  /** Sets some options, leaving the others unchanged. */
  put(values: OptionValues): void {
    for (const [name, value] of Object.entries(values)) {
      const option = this.profile.options[name];
      if (option?.user_may_set) {
        this._texts.set(name, valueToText(option, value));
      }
    }
    this._touch(0);
  }

  /** The current values that are valid. */
  get values(): OptionValues {
    const values: Record<string, OptionValue> = {};
    for (const { name, option, text } of this.fields) {
      const { value, problem } = parseOption(option, text, this._trans);
      if (problem === null) {
        values[name] = value;
      }
    }
    return values;
  }

  set(name: string, text: string): void {
    this._texts.set(name, text);
    this._touch(TYPING_MS);
  }

  setName(name: string): void {
    this._name = name;
    this._touch(TYPING_MS);
  }

  setKernel(kernel: string): void {
    this._kernel = kernel;
    this._touch(TYPING_MS);
  }

  setAsManyAsAllowed(most: boolean): void {
    this._asManyAsAllowed = most;
    this._touch(0);
  }

  /** Returns the request, or null while a field is invalid. */
  request(): IClusterRequest | null {
    const options = this._parsed();
    return (
      options && {
        profile: this.profile.name,
        options,
        ...(this._name.trim() ? { name: this._name.trim() } : {}),
        ...(this._kernel ? { kernel: this._kernel } : {}),
        ...(this._asManyAsAllowed ? { as_many_as_allowed: true } : {})
      }
    );
  }

  dispose(): void {
    this._disposed = true;
    this._clock.clear(this._timer);
    Signal.clearData(this);
  }

  private _parsed(): OptionValues | null {
    const values: Record<string, OptionValue> = {};
    for (const [name, option] of Object.entries(this.profile.options)) {
      if (option.user_may_set) {
        const text = this._texts.get(name) ?? '';
        const parsed = parseOption(option, text, this._trans);
        if (parsed.problem !== null) {
          return null;
        }
        values[name] = parsed.value;
      }
    }
    return values;
  }

  private _fieldOf({ limit }: IRefusal): string {
    const option = this.profile.options[limit];
    return option?.user_may_set || OWN_FIELDS.includes(limit) ? limit : '';
  }

  /** Clears refusals and schedules a new check. */
  private _touch(ms: number): void {
    this._asked += 1;
    this._refusals = [];
    this._warnings = [];
    this._trouble = '';
    this._checking = this._parsed() !== null;
    this._clock.clear(this._timer);
    if (this._checking) {
      this._timer = this._clock.set(() => void this._check(), ms);
    }
    this._changed.emit();
  }

  private async _check(): Promise<void> {
    const request = this.request();
    const asked = this._asked;
    if (!request || this._disposed) {
      return;
    }
    let refusals: readonly IRefusal[] = [];
    let warnings: readonly string[] = [];
    let asks: IAsks | null = null;
    let trouble = '';
    try {
      ({ refusals, warnings, asks } = await this._clusters.check(request));
    } catch (error) {
      refusals = refusalsOf(error);
      trouble =
        refusals.length === 0 && error instanceof Error ? error.message : '';
    }
    if (asked !== this._asked || this._disposed) {
      return; // response to an outdated request
    }
    this._refusals = refusals;
    this._warnings = warnings;
    this._asks = asks;
    this._trouble = trouble;
    this._checking = false;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _texts = new Map<string, string>();
  private _name = '';
  private _kernel = '';
  private _refusals: readonly IRefusal[] = [];
  private _warnings: readonly string[] = [];
  private _asks: IAsks | null = null;
  private _asManyAsAllowed = false;
  private _trouble = '';
  private _checking = false;
  private _disposed = false;
  private _asked = 0;
  private _timer = 0;
}
