import type { TranslationBundle } from '@jupyterlab/translation';
import type { ICluster } from '../api';
import type { IClusterItem } from './model';

/** Callbacks of a card. */
export interface ICardActions {
  readonly trans: TranslationBundle;
  readonly execute: (command: string, id: string) => void;
  readonly onRetry: (id: string) => void;
  readonly onEdit: (item: IClusterItem) => void;
  readonly onScale: (id: string | null) => void;
  /** Resolves to the reason of a refusal; empty on success. */
  readonly onResize: (
    id: string,
    size:
      | { readonly workers: number }
      | { readonly minimum: number; readonly maximum: number }
  ) => Promise<string>;
  /** A mouse press that may become a drag. */
  readonly onPress: (
    event: React.MouseEvent,
    cluster: ICluster,
    card: HTMLElement
  ) => void;
}
