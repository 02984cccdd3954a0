import React from 'react';

interface IGuardProps {
  /** What is drawn; another one is a new attempt. */
  readonly of: unknown;
  /** What stands in its place if it cannot be drawn. */
  readonly otherwise: () => JSX.Element;
  readonly children: React.ReactNode;
}

interface IGuardState {
  readonly of: unknown;
  readonly hasFailed: boolean;
}

/** Keeps an item that cannot be drawn from taking the whole list with it. */
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
