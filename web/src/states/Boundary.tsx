import { Component, type ReactNode } from 'react';

/** Keeps a page that breaks from taking the others with it. */
export class Boundary extends Component<{ fallback: (retry: () => void) => ReactNode; children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? this.props.fallback(() => this.setState({ isBroken: false })) : this.props.children;
  }
}
