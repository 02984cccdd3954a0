import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';
import { listOf, stringOr } from '../api';

const PLUGIN = 'hrlab:result';

/** Which advice to show, from the settings; all of it until they are loaded. */
export class WantedAdvice {
  constructor(registry: ISettingRegistry | null) {
    void this._follow(registry).catch(() => undefined);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether to show a line of advice under a cell's result. */
  get isShown(): boolean {
    return this._isShown;
  }

  /** Codes of rules that are turned off. */
  get off(): readonly string[] {
    return this._off;
  }

  private async _follow(registry: ISettingRegistry | null): Promise<void> {
    const settings = await registry?.load(PLUGIN);
    const read = () => {
      this._isShown = settings?.get('showAdvice').composite !== false;
      const off = settings?.get('adviceOff').composite;
      this._off = listOf(off, code => stringOr(code, null));
      this._changed.emit();
    };
    settings?.changed.connect(read);
    read();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _isShown = true;
  private _off: readonly string[] = [];
}
