import React from 'react';

interface IGuardProps {
  /** The rendered item; a new one triggers another attempt. */
  readonly of: unknown;
  /** Renders the placeholder if the item cannot be rendered. */
  readonly otherwise: () => JSX.Element;
  readonly children: React.ReactNode;
}

interface IGuardState {
  readonly of: unknown;
  readonly hasFailed: boolean;
}

/** Error boundary that keeps one item's rendering error from breaking the whole list. */
export class Guard extends React.Component<IGuardProps, IGuardState> {
  static getDerivedStateFromError(): Partial<IGuardState> {
    return { hasFailed: true };
  }

  static getDerivedStateFromProps(
    { of }: IGuardProps,
    state: IGuardState
  ): Partial<IGuardState> | null {
    return of === state.of ? null : { of, hasFailed: false };
  }

  state: IGuardState = { of: this.props.of, hasFailed: false };

  render(): React.ReactNode {
    return this.state.hasFailed ? this.props.otherwise() : this.props.children;
  }
}
