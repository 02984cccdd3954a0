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

/** What the user is about to ask for: a new cluster, or another size. */
export class ClusterDrafts {
  constructor(
    private readonly _clusters: IClusters,
    private readonly _list: ClusterList,
    private readonly _trans: TranslationBundle,
    /** Adds to a request what the form leaves open. */
    private readonly _complete: (
      request: IClusterRequest
    ) => IClusterRequest = request => request,
    /** Advice beside a form, for a run that was picked or another one. */
    private readonly _adviseOn: (
      form: ClusterForm,
      run: string | null
    ) => FormAdvice | null = () => null
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The form of a new cluster, if it is open. */
  get form(): ClusterForm | null {
    return this._form;
  }

  /** Advice on what to fill into the form, if there can be any. */
  get advice(): FormAdvice | null {
    return this._advice;
  }

  /** The broken profile that was chosen, to say why it cannot be used. */
  get broken(): IBrokenProfile | null {
    return this._broken;
  }

  get isOpen(): boolean {
    return this._form !== null || this._broken !== null;
  }

  /** The cluster whose size is being edited. */
  get scaling(): string | null {
    return this._scaling;
  }

  /** Open the form for a run's next size: with what was advised in place of the last choice. */
  async openFor(
    run: string,
    profile: string | null,
    options: OptionValues
  ): Promise<void> {
    this._run = run;
    await this.open(profile);
    this._form?.put(options);
  }

  /** Open the form, with the last choice of the profile or a given request. */
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

  /** What the site offers for certain uses, and what was chosen last, by name. */
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

  /** Fill in a preset; what it does not say is as the site proposes. */
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

  /** Start what the form asks for. */
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
  /** For which the next cluster is to be, while the form is open. */
  private _run: string | null = null;
  private _broken: IBrokenProfile | null = null;
  private _scaling: string | null = null;
}
