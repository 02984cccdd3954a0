import {
  refreshIcon,
  settingsIcon,
  SidePanel,
  Toolbar,
  ToolbarButton
} from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import type { AccordionPanel, Widget } from '@lumino/widgets';
import { Widget as LuminoWidget } from '@lumino/widgets';
import type { PanelState } from '../shared/panel-state';
import { hrlabIcon } from '../shared/icons';

export interface IHrlabPanelOptions {
  readonly state: PanelState;
  readonly translator: ITranslator;
  readonly onRefresh: () => void;
  readonly onSettings: (() => void) | null;
}

/** hrlab's side panel: a header and collapsible sections. */
export class HrlabPanel extends SidePanel {
  constructor(private readonly _options: IHrlabPanelOptions) {
    super({ translator: _options.translator });
    const trans = _options.translator.load('hrlab');
    this.id = 'hrlab-panel';
    this.title.icon = hrlabIcon;
    this.title.caption = trans.__('hrlab: clusters and timed runs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('hrlab'));
    this.addClass('hrlab-Panel');
    this._fillToolbar();
    this._keepFolds();
  }

  /**
   * Adds a section above those of a higher rank; the user sees its title's
   * label, and its id is saved.
   */
  addSection(section: Widget, rank: number): void {
    const before = this._ranks.filter(other => other <= rank).length;
    this._ranks.splice(before, 0, rank);
    this.insertWidget(before, section);
    this._applyFolds();
  }

  private _fillToolbar(): void {
    const { onRefresh, onSettings, translator } = this._options;
    const trans = translator.load('hrlab');
    const head = new LuminoWidget({ node: document.createElement('h2') });
    head.addClass('hrlab-Panel-head');
    head.node.textContent = trans.__('hrlab');
    this.toolbar.addItem('head', head);
    this.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    this.toolbar.addItem(
      'refresh',
      new ToolbarButton({
        icon: refreshIcon,
        tooltip: trans.__('Refresh'),
        onClick: onRefresh
      })
    );
    if (onSettings) {
      this.toolbar.addItem(
        'settings',
        new ToolbarButton({
          icon: settingsIcon,
          tooltip: trans.__('hrlab settings'),
          onClick: onSettings
        })
      );
    }
  }

  private _keepFolds(): void {
    const sections = this.content as AccordionPanel;
    sections.expansionToggled.connect((_, index) => {
      const section = sections.widgets[index];
      this._options.state.fold(section.id, section.isHidden);
    });
    this._options.state.changed.connect(this._applyFolds, this);
  }

  private _applyFolds(): void {
    const sections = this.content as AccordionPanel;
    sections.widgets.forEach((section, index) => {
      const folded = this._options.state.value.folded.includes(section.id);
      if (folded !== section.isHidden) {
        if (folded) {
          sections.collapse(index);
        } else {
          sections.expand(index);
        }
      }
    });
  }

  private readonly _ranks: number[] = [];
}
