// React delays what replaces a fallback by 300 ms, so a component whose module is already there must not suspend.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

// As in React's own type of `lazy`: the properties of any component.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = ComponentType<any>;
interface Module<C extends Any> {
  default: C;
}

export type Lazily<C extends Any> = LazyExoticComponent<C> & { preload: () => Promise<unknown> };

/** As `lazy`, with `preload`: once that has ended, the component renders at once, without a fallback. */
export function lazily<C extends Any>(load: () => Promise<Module<C>>): Lazily<C> {
  let loaded: Module<C> | null = null;
  const start = async () => (loaded = await load());
  const at = (module: Module<C>) => ({ then: (done: (module: Module<C>) => void) => done(module) }) as Promise<Module<C>>;
  return Object.assign(
    lazy(() => (loaded === null ? start() : at(loaded))),
    { preload: start },
  );
}
