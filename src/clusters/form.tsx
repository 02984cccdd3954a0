import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef } from 'react';
import type { IProfiles } from '../api';
import { ClusterDrafts } from './drafts';
import { ClusterForm } from './form-model';
import { QuotaList } from '../quotas/model';
import { useSignals } from '../shared/hooks';
import { OptionRow, Row } from './field';
import { AdviceLine } from './advice';
import { FormQuotas } from '../quotas/view';

/** A kernel whose Python a local cluster can run. */
export interface IKernelChoice {
  readonly name: string;
  readonly label: string;
}

export interface IFormProps {
  readonly drafts: ClusterDrafts;
  readonly profiles: IProfiles;
  readonly kernels: readonly IKernelChoice[];
  readonly quotas: QuotaList;
  readonly trans: TranslationBundle;
}

/** Fields for name and kernel. */
function OwnRows(props: IFormProps & { form: ClusterForm }): JSX.Element {
  const { form, kernels, trans } = props;
  const automatic = trans.__('Notebook’s kernel (or the default)');
  return (
    <>
      <Row label={trans.__('Name')} problem={form.refusalsOf('name').join(' ')}>
        {({ id, describedBy }) => (
          <input
            id={id}
            aria-describedby={describedBy}
            className="hrlab-Input"
            value={form.name}
            placeholder={form.profile.name}
            spellCheck={false}
            onChange={event => form.setName(event.target.value)}
          />
        )}
      </Row>
      {form.profile.kind === 'process' && kernels.length > 0 ? (
        <Row
          label={trans.__('Kernel')}
          help={trans.__('Workers use its Python.')}
          problem={form.refusalsOf('kernel').join(' ')}
        >
          {({ id, describedBy }) => (
            <select
              id={id}
              aria-describedby={describedBy}
              className="hrlab-Input"
              value={form.kernel}
              onChange={event => form.setKernel(event.target.value)}
            >
              <option value="">{automatic}</option>
              {kernels.map(kernel => (
                <option key={kernel.name} value={kernel.name}>
                  {kernel.label}
                </option>
              ))}
            </select>
          )}
        </Row>
      ) : null}
    </>
  );
}

/** Checkbox to start with fewer workers, with the resulting number. */
function MostAllowed(props: {
  readonly form: ClusterForm;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { form, trans } = props;
  return form.countsWorkers ? (
    <label
      className="hrlab-Field-check hrlab-Form-most"
      title={trans.__(
        'Start with fewer workers if your limits do not allow this many, instead of being refused'
      )}
    >
      <input
        type="checkbox"
        checked={form.asManyAsAllowed}
        onChange={event => form.setAsManyAsAllowed(event.target.checked)}
      />
      {trans.__('Start with fewer if the limit is reached')}
      {form.cutTo === null ? null : (
        <b role="status">{trans._n('%1 worker', '%1 workers', form.cutTo)}</b>
      )}
    </label>
  ) : null;
}

/** The server's messages about the request as a whole. */
function Verdict(props: {
  readonly form: ClusterForm;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { form, trans } = props;
  return (
    <div className="hrlab-Form-verdict" role="status">
      {form.refusals.map(message => (
        <p key={message} className="hrlab-Field-problem">
          {message}
        </p>
      ))}
      {form.warnings.map(message => (
        <p key={message} className="hrlab-Form-warning">
          {message}
        </p>
      ))}
      {form.trouble ? (
        <p>{trans.__('Could not check the request: %1', form.trouble)}</p>
      ) : null}
      {form.fixed.length > 0 ? (
        <p className="hrlab-Field-bounds">
          {trans.__('Fixed by the site: %1', form.fixed.join(' · '))}
        </p>
      ) : null}
    </div>
  );
}

function Buttons(props: IFormProps & { form: ClusterForm }): JSX.Element {
  const { drafts, form, trans } = props;
  return (
    <div className="hrlab-Form-buttons">
      {form.isDefault ? null : (
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          title={trans.__('Reset to the site’s defaults')}
          onClick={() => drafts.useDefaults()}
        >
          {trans.__('Defaults')}
        </button>
      )}
      <span className="hrlab-Form-spacer" />
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        onClick={() => drafts.close()}
      >
        {trans.__('Cancel')}
      </button>
      <button
        type="submit"
        className="jp-Button jp-mod-styled jp-mod-accept hrlab-Button"
        disabled={!form.isValid}
      >
        {trans.__('Start')}
      </button>
    </div>
  );
}

function Profiles(props: IFormProps): JSX.Element {
  const { drafts, profiles, trans } = props;
  const field = useRef<HTMLSelectElement>(null);
  useEffect(() => field.current?.focus(), []);
  const chosen = drafts.form?.profile.name ?? drafts.broken?.name ?? '';
  const isListed = [...profiles.profiles, ...profiles.broken].some(
    ({ name }) => name === chosen
  );
  return (
    <Row
      label={trans.__('Profile')}
      help={drafts.form?.profile.description}
      problem={drafts.broken?.reason}
    >
      {({ id, describedBy }) => (
        <select
          ref={field}
          id={id}
          aria-describedby={describedBy}
          className="hrlab-Input"
          value={chosen}
          onChange={event => void drafts.open(event.target.value)}
        >
          {profiles.profiles.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          {[
            ...profiles.broken,
            // selected elsewhere and broken since
            ...(isListed || !drafts.broken ? [] : [drafts.broken])
          ].map(({ name }) => (
            <option key={name} value={name}>
              {trans.__('%1 (unavailable)', name)}
            </option>
          ))}
        </select>
      )}
    </Row>
  );
}

/** Buttons for the site's presets and the last choice. */
function Presets(
  props: IFormProps & { form: ClusterForm }
): JSX.Element | null {
  const { drafts, form, trans } = props;
  const { presets } = drafts;
  return presets.length > 0 ? (
    <div
      className="hrlab-Form-presets"
      role="group"
      aria-label={trans.__('Presets')}
    >
      {presets.map(([name, options]) => (
        <button
          key={name}
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          aria-pressed={form.isFilledWith(options)}
          onClick={() => drafts.usePreset(name)}
        >
          {name}
        </button>
      ))}
    </div>
  ) : null;
}

/** All fields of a profile. */
function Fields(props: IFormProps & { form: ClusterForm }): JSX.Element {
  const { drafts, form, trans } = props;
  return (
    <>
      {drafts.advice ? (
        <AdviceLine advice={drafts.advice} trans={trans} />
      ) : null}
      <Presets {...props} form={form} />
      {form.fields.map(field => (
        <OptionRow key={field.name} field={field} form={form} trans={trans} />
      ))}
      <MostAllowed form={form} trans={trans} />
      <OwnRows {...props} form={form} />
      <Verdict form={form} trans={trans} />
      <div className="hrlab-Form-foot">
        <FormQuotas
          list={props.quotas}
          profile={form.profile.name}
          asks={form.asks}
          isOld={form.isChecking}
          trans={trans}
        />
        <Buttons {...props} form={form} />
      </div>
    </>
  );
}

const NEVER = { connect: () => true, disconnect: () => true };

/** Form of a new cluster, generated from the site's profiles. */
export function NewClusterForm(props: IFormProps): JSX.Element {
  const { drafts, trans } = props;
  const { form } = drafts;
  useSignals(drafts.changed, form?.changed ?? NEVER);
  return (
    <form
      className="hrlab-Form"
      aria-label={trans.__('New cluster')}
      onSubmit={event => {
        event.preventDefault();
        void drafts.start();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          drafts.close();
        }
      }}
    >
      <Profiles {...props} />
      {form ? (
        <Fields {...props} form={form} />
      ) : (
        <div className="hrlab-Form-buttons">
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            onClick={() => drafts.close()}
          >
            {trans.__('Close')}
          </button>
        </div>
      )}
    </form>
  );
}
