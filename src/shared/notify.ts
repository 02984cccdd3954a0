import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ApiError } from '../api';

const SHOWN_MS = 10000;
/** JupyterLab truncates notifications after 140 characters. */
const LONGEST = 140;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function detailOf(error: unknown): string {
  return error instanceof ApiError ? error.detail : '';
}

/** Returns a "Show" button for a text that a notification truncates. */
export function showWhole(
  text: string,
  title: string,
  trans: TranslationBundle
): Notification.IAction[] {
  const show = {
    label: trans.__('Show'),
    caption: trans.__('Show the full text'),
    callback: () => {
      void showDialog({
        title,
        body: text,
        buttons: [Dialog.okButton({ label: trans.__('Close') })]
      });
    }
  };
  return text.length > LONGEST ? [show] : [];
}

/** Shows a warning, with the full text behind "Show" if it is too long. */
export function notifyWarning(text: string, trans: TranslationBundle): void {
  const actions = showWhole(text, trans.__('Warning'), trans);
  Notification.warning(text, { autoClose: false, actions });
}

/** Reports what failed and why, with the full text behind "Show" if it is too long. */
export function notifyFailure(
  what: string,
  error: unknown,
  trans: TranslationBundle
): void {
  const text = `${what} ${reasonOf(error)}`;
  const detail = detailOf(error);
  const show = {
    label: trans.__('Show'),
    caption: trans.__('Show the error’s details'),
    callback: () => {
      void showDialog({
        title: what,
        body: [reasonOf(error), detail].filter(part => part).join('\n\n'),
        buttons: [Dialog.okButton({ label: trans.__('Close') })]
      });
    }
  };
  const actions = detail || text.length > LONGEST ? [show] : [];
  Notification.error(text, { autoClose: SHOWN_MS, actions });
}
