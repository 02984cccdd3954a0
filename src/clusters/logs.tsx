import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { ClusterLogs } from '../api';

export interface ILogsOptions {
  readonly read: () => Promise<ClusterLogs>;
  readonly trans: TranslationBundle;
}

/** The last lines of a cluster's logs, by component. */
export class ClusterLogsView extends ReactWidget {
  constructor(private readonly _options: ILogsOptions) {
    super();
    this.addClass('hrlab-Logs');
    this.node.tabIndex = 0;
    void this.refresh();
  }

  async refresh(): Promise<void> {
    try {
      this._logs = await this._options.read();
      this._error = '';
    } catch (error) {
      this._error = error instanceof Error ? error.message : String(error);
    }
    this.update();
  }

  protected render(): JSX.Element {
    const { trans } = this._options;
    const parts = Object.entries(this._logs ?? {});
    return (
      <>
        {this._error ? (
          <p role="alert">
            {trans.__('Could not read the logs: %1', this._error)}
          </p>
        ) : null}
        {this._logs && parts.length === 0 ? (
          <p>{trans.__('No log output.')}</p>
        ) : null}
        {!this._logs && !this._error ? <p>{trans.__('Loading…')}</p> : null}
        {parts.map(([name, log]) => (
          <details key={name} open>
            <summary>{name}</summary>
            <pre tabIndex={0} aria-label={trans.__('Log of %1', name)}>
              {log || trans.__('(empty)')}
            </pre>
          </details>
        ))}
      </>
    );
  }

  private _logs: ClusterLogs | null = null;
  private _error = '';
}
