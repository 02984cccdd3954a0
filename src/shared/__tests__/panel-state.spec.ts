import type { IStateDB } from '@jupyterlab/statedb';
import { PanelState } from '../panel-state';

function databaseWith(value: unknown): IStateDB {
  return {
    fetch: async () => value,
    save: async () => undefined
  } as unknown as IStateDB;
}

describe('PanelState', () => {
  it('is restored as saved', async () => {
    const saved = {
      text: 'zee',
      thisNotebook: true,
      label: 'a=1',
      selected: ['x'],
      folded: ['hrlab-runs'],
      refusalsSeenAt: 1795229400,
      storageWarningSeen: 'Runs are kept in memory.'
    };
    const state = new PanelState(databaseWith(saved));
    await state.load();
    expect(state.value).toEqual(saved);
  });

  it('tolerates a malformed saved state', async () => {
    const state = new PanelState(databaseWith({ text: 3, selected: 'x' }));
    await state.load();
    expect(state.value.text).toBe('');
    expect(state.value.selected).toEqual([]);
  });

  it('keeps the user’s changes made while loading', async () => {
    const state = new PanelState(databaseWith({ text: 'old' }));
    const loading = state.load();
    state.set({ text: 'new' });
    await loading;
    expect(state.value.text).toBe('new');
  });

  it('toggles the selection and collapsed sections', () => {
    const state = new PanelState(null);
    state.toggle('a');
    state.toggle('b');
    state.toggle('a');
    state.deselect('a');
    state.fold('s', true);
    state.fold('s', true);
    expect(state.value.selected).toEqual(['b']);
    expect(state.value.folded).toEqual(['s']);
  });
});
