import { ReactWidget } from '@jupyterlab/ui-components';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import React from 'react';
import { readSizing } from '../../api';
import { SizingModel } from '../model';
import type { IRuns } from '../../tokens';
import { Answer } from '../view';

const ADVICE = readSizing({
  workers: 8,
  wall_seconds: { expected: 11, low: 9, high: 13 },
  chart: { spec: {}, table: { columns: [], rows: [] } }
});

/** Renders what is shown below the form after a response. */
async function shown(onMeasure: (() => void) | null): Promise<HTMLElement> {
  const size = async () => ADVICE;
  const model = new SizingModel({ size } as unknown as IRuns, 'r');
  await model.askFirst();
  const trans = nullTranslator.load('hrlab');
  const parts = { model, onCreate: null, onMeasure, trans };
  const widget = ReactWidget.create(<Answer {...parts} />);
  Widget.attach(widget, document.body);
  await widget.renderPromise;
  return widget.node;
}

describe('a recommendation on screen', () => {
  it('has a button that measures scaling', async () => {
    let pressed = 0;
    const node = await shown(() => (pressed += 1));
    expect(node.textContent).toContain('8 workers: about 11.0 s');
    const button = node.querySelector('button');
    expect(button?.textContent).toBe('Measure Scaling…');
    button?.click();
    expect(pressed).toBe(1);
  });

  it('has no button if nothing can be measured', async () => {
    expect((await shown(null)).querySelector('button')).toBeNull();
  });
});
