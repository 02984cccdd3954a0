import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import {
  IBrokenProfile,
  IClusterRequest,
  IProfile,
  OptionValues
} from '../api';
import type { IClusters } from '../tokens';
import { ClusterForm } from './form-model';
import type { ClusterList } from './model';
import type { FormAdvice } from './advice-model';

/** State of the new-cluster form and the scale form. */
export class ClusterDrafts {
  constructor(
    private readonly _clusters: IClusters,
    private readonly _list: ClusterList,
    private readonly _trans: TranslationBundle,
    /** Completes a request with what the form leaves out. */
    private readonly _complete: (
      request: IClusterRequest
    ) => IClusterRequest = request => request,
    /** Creates the recommendation for a form, for a given run or the newest. */
    private readonly _adviseOn: (
      form: ClusterForm,
      run: string | null
    ) => FormAdvice | null = () => null
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The new-cluster form, if open. */
  get form(): ClusterForm | null {
    return this._form;
  }

  /** Recommendation for the form, if available. */
  get advice(): FormAdvice | null {
    return this._advice;
  }

  /** The selected profile if it is broken, to show why. */
  get broken(): IBrokenProfile | null {
    return this._broken;
  }

  get isOpen(): boolean {
    return this._form !== null || this._broken !== null;
  }

  /** Id of the cluster whose scale form is open. */
  get scaling(): string | null {
    return this._scaling;
  }

  /** Opens the form with a recommendation instead of the last choice. */
  async openFor(
    run: string,
    profile: string | null,
    options: OptionValues
  ): Promise<void> {
    this._run = run;
    await this.open(profile);
    this._form?.put(options);
  }

  /** Opens the form with the last choice of the profile or a given request. */
  async open(profile: string | null, request?: IClusterRequest): Promise<void> {
    const { profiles, broken } = await this._list.ready();
    const wanted = request?.profile ?? profile;
    const found =
      this._list.profile(wanted) ??
      (wanted === null ? this._list.favourite : null);
    this._close();
    if (found) {
      const options = request?.options ?? this._list.choices.last(found.name);
      this._show(found, { ...request, profile: found.name, options });
    } else {
      this._broken = broken.find(({ name }) => name === wanted) ?? {
        name: wanted ?? '',
        reason:
          profiles.length === 0
            ? this._trans.__('This site offers no profiles.')
            : this._trans.__('This profile no longer exists.')
      };
    }
    this._changed.emit();
  }

  /** Reset to the site’s defaults. */
  useDefaults(): void {
    this._fill({});
  }

  /** The site's presets and the last choice, by name. */
  get presets(): readonly (readonly [string, OptionValues])[] {
    const profile = this._form?.profile;
    if (!profile) {
      return [];
    }
    const last = this._list.choices.last(profile.name);
    return [
      ...Object.entries(profile.presets),
      ...(Object.keys(last).length
        ? [[this._trans.__('last used'), last] as const]
        : [])
    ];
  }

  /** Applies a preset; the other options get the site's defaults. */
  usePreset(name: string): void {
    const options = this.presets.find(([known]) => known === name)?.[1];
    if (options) {
      this._fill(options);
    }
  }

  close(): void {
    this._run = null;
    this._close();
    this._changed.emit();
  }

  /** Starts the requested cluster. */
  async start(): Promise<void> {
    const request = this._form?.request();
    if (!request || !this._form?.isValid) {
      return;
    }
    this._list.choices.remember(request.profile, request.options);
    this.close();
    await this._list.start(this._complete(request));
  }

  scale(id: string | null): void {
    this._scaling = id;
    this._changed.emit();
  }

  private _show(profile: IProfile, request: IClusterRequest): void {
    const { options, name, kernel, as_many_as_allowed } = request;
    this._form = new ClusterForm(this._clusters, profile, this._trans);
    this._form.fill(options, name, kernel, as_many_as_allowed);
    this._advice = this._adviseOn(this._form, this._run);
    void this._advice?.load();
  }

  private _fill(options: OptionValues): void {
    const form = this._form;
    form?.fill(options, form.name, form.kernel, form.asManyAsAllowed);
  }

  private _close(): void {
    this._advice?.dispose();
    this._advice = null;
    this._form?.dispose();
    this._form = null;
    this._broken = null;
  }

  private readonly _changed = new Signal<this, void>(this);
  private _form: ClusterForm | null = null;
  private _advice: FormAdvice | null = null;
  /** Run that the cluster is for, while the form is open. */
  private _run: string | null = null;
  private _broken: IBrokenProfile | null = null;
  private _scaling: string | null = null;
}
