import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { PanelState } from '../shared/panel-state';
import type { RunList } from './list-model';
import { Guard } from '../shared/error-boundary';
import { useSignals, useTicks } from '../shared/hooks';
import { BrokenRow, isDrawable, ROW_HEIGHT, RunRow } from './row';

/** Rows rendered above and below the visible ones. */
const SPARE_ROWS = 4;
const SECOND = 1000;
const HALF_MINUTE = 30000;

export interface IRunListProps {
  readonly list: RunList;
  readonly state: PanelState;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
  readonly onDelete: (ids: readonly string[]) => void;
}

interface IActive {
  readonly id: string | null;
  readonly index: number;
}

const rowId = (index: number) => `hrlab-run-row-${index}`;

function activeIndex(list: RunList, active: IActive): number {
  const at = active.id === null ? -1 : list.indexOf(active.id);
  return at >= 0 ? at : active.index;
}

/** Returns the row a key moves to from `at`, or null for other keys. */
function target(
  key: string,
  at: number,
  total: number,
  page: number
): number | null {
  const to: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: total - 1
  };
  return key in to ? Math.max(0, Math.min(total - 1, to[key])) : null;
}

/** Returns the height of a node, updated on resize. */
function useHeight(ref: React.RefObject<HTMLElement>): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const node = ref.current;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(() => setHeight(node.clientHeight));
    observer.observe(node);
    setHeight(node.clientHeight);
    return () => observer.disconnect();
  }, []);
  return height;
}

/** Redirects the menu key from the list to the active row. */
function redirectMenu(event: React.MouseEvent, index: number): void {
  if ((event.target as Element).closest('[data-hrlab-run]')) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  const row = document.getElementById(rowId(index));
  const box = row?.getBoundingClientRect();
  if (row && box) {
    row.dispatchEvent(
      new MouseEvent('contextmenu', {
        bubbles: true,
        cancelable: true,
        clientX: box.left + 24,
        clientY: box.bottom - 4
      })
    );
  }
}

const hasRunning = (list: RunList, first: number, last: number) => {
  for (let i = first; i < last; i++) {
    if (list.row(i)?.status === 'running') {
      return true;
    }
  }
  return false;
};

interface IWindow {
  readonly first: number;
  readonly last: number;
  /** Rows moved by Page Up and Page Down. */
  readonly page: number;
}

/** Returns which rows are on screen and makes the list fetch them. */
function useWindow(
  list: RunList,
  box: React.RefObject<HTMLElement>,
  top: number
): IWindow {
  const height = useHeight(box);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE_ROWS);
  const last = Math.min(
    list.total ?? 0,
    Math.ceil((top + height) / ROW_HEIGHT) + SPARE_ROWS
  );
  useTicks(hasRunning(list, first, last) ? SECOND : HALF_MINUTE);
  useEffect(() => list.setWindow(first, Math.max(first, last - 1)));
  const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
  return { first, last, page };
}

interface ICursor {
  readonly at: number;
  readonly moveTo: (index: number) => void;
}

/** Tracks the row that keys act on; it follows its run when others are added. */
function useCursor(list: RunList, box: React.RefObject<HTMLElement>): ICursor {
  const [active, setActive] = useState<IActive>({ id: null, index: 0 });
  useEffect(() => {
    box.current?.scrollTo({ top: 0 });
    setActive({ id: null, index: 0 });
  }, [list.query]);
  return {
    at: activeIndex(list, active),
    moveTo: index => {
      setActive({ id: list.row(index)?.id ?? null, index });
      reveal(box.current, index);
    }
  };
}

/** Handles keys: move, open, select, delete. */
function onKey(
  event: React.KeyboardEvent,
  props: IRunListProps,
  cursor: ICursor,
  page: number
): void {
  const { list, state } = props;
  const to = target(event.key, cursor.at, list.total ?? 0, page);
  const id = list.row(cursor.at)?.id;
  if (to !== null) {
    cursor.moveTo(to);
  } else if (event.key === 'Enter' && id) {
    props.onOpen(id);
  } else if (event.key === ' ' && id) {
    state.toggle(id);
  } else if (event.key === 'Delete' && (id || state.value.selected.length)) {
    const { selected } = state.value;
    props.onDelete(selected.length > 0 || !id ? selected : [id]);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** A click opens a run, Ctrl+click selects it. */
function onClick(
  event: React.MouseEvent,
  props: IRunListProps,
  cursor: ICursor
): void {
  const row = (event.target as Element).closest<HTMLElement>(
    '[data-hrlab-run]'
  );
  const id = row?.dataset.hrlabRun;
  if (!id) {
    return;
  }
  cursor.moveTo(props.list.indexOf(id));
  if (event.ctrlKey || event.metaKey) {
    props.state.toggle(id);
  } else {
    props.onOpen(id);
  }
}

function rowAt(
  index: number,
  isActive: boolean,
  { list, state, trans }: IRunListProps
): JSX.Element {
  const run = list.row(index);
  if (!run) {
    const style = { top: index * ROW_HEIGHT, height: ROW_HEIGHT };
    return (
      <div
        key={`waiting-${index}`}
        className="hrlab-RunRow hrlab-mod-waiting"
        style={style}
      />
    );
  }
  const row = {
    run,
    id: rowId(index),
    index,
    total: list.total ?? 0,
    active: isActive,
    selection: state.value.selected,
    trans,
    onToggle: (id: string) => state.toggle(id)
  };
  return (
    <Guard key={run.id} of={run} otherwise={() => <BrokenRow {...row} />}>
      {isDrawable(run) ? <RunRow {...row} /> : <BrokenRow {...row} />}
    </Guard>
  );
}

/** A virtualized list: only rows on screen are rendered. */
export function RunRows(props: IRunListProps): JSX.Element {
  const { list, state, trans } = props;
  useSignals(list.changed, state.changed);
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const { first, last, page } = useWindow(list, box, top);
  const cursor = useCursor(list, box);
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index++) {
    rows.push(rowAt(index, index === cursor.at, props));
  }
  return (
    <div
      ref={box}
      className="hrlab-RunList"
      role="listbox"
      tabIndex={0}
      aria-multiselectable="true"
      aria-label={trans.__('Runs, newest first')}
      aria-activedescendant={list.row(cursor.at) ? rowId(cursor.at) : undefined}
      onScroll={event => setTop(event.currentTarget.scrollTop)}
      onKeyDown={event => onKey(event, props, cursor, page)}
      onClick={event => onClick(event, props, cursor)}
      onContextMenu={event => redirectMenu(event, cursor.at)}
    >
      <div
        className="hrlab-RunList-all"
        role="presentation"
        style={{ height: (list.total ?? 0) * ROW_HEIGHT }}
      >
        {rows}
      </div>
    </div>
  );
}

/** Scrolls just enough to show a row. */
function reveal(box: HTMLElement | null, index: number): void {
  if (!box) {
    return;
  }
  const top = index * ROW_HEIGHT;
  if (top < box.scrollTop) {
    box.scrollTop = top;
  } else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
  }
}
