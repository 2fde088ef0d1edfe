import { Component, type ReactNode } from "react";

import { ErrorNotice } from "../ui/Notice";

/** A page that breaks says so and leaves the rest of the dashboard alone. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <ErrorNotice error={this.state.error} />;
  }
}
