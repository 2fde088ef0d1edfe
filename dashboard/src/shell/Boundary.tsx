import { Component, type ReactNode } from "react";

import { ErrorNotice } from "../ui/Notice";

interface BoundaryProps {
  children: ReactNode;
  /** Shown in place of the error. */
  fallback?: ReactNode;
}

/** An error boundary: shows the error, or `fallback`, and leaves the rest of the dashboard alone. */
export class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : (this.props.fallback ?? <ErrorNotice error={error} />);
  }
}
