import { Suspense, lazy, useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { LiveStatus } from "../events/connection";
import { ProjectMenu } from "../projects/chooser/ProjectMenu";
import { usePaths, useSession } from "../projects/session";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Toasts } from "../ui/Toast";
import { useCollapsed, useNarrow } from "./collapsed";
import { useKeys } from "./keys";
import { Logo } from "./Logo";
import { Navigation } from "./Navigation";
import { Preferences } from "./Preferences";
import { useScrollPosition } from "./scroll";
import css from "./Shell.module.css";

// Not on a page's first load: most visits need neither.
const Palette = lazy(() => import("./palette/Palette"));
const KeyList = lazy(() => import("./palette/KeyList"));

/** The frame of every page: the sidebar, or a drawer on narrow screens, the palette and the live connection's state. */
export function Shell({ status, children }: { status: LiveStatus; children: ReactNode }) {
  const { t } = useTranslation();
  const [location] = useLocation();
  const [collapsed, toggle] = useCollapsed();
  const narrow = useNarrow();
  const [shown, setShown] = useState<"palette" | "keys" | null>(null);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useScrollPosition(location);
  useKeys({ palette: () => setShown("palette"), keys: () => setShown("keys") });

  useEffect(() => {
    // A new page starts at its top for keyboard focus.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [location]);

  const find = () => setShown("palette");
  return (
    <div className={css["frame"]}>
      <a href="#main" className={css["skip"]}>
        {t("shell.skip")}
      </a>
      {narrow ? <TopBar onFind={find} /> : <Sidebar collapsed={collapsed} onToggle={toggle} onFind={find} />}
      <div className={css["content"]}>
        <p className={css["offline"]} role="status">
          {status === "waiting" ? t("shell.reconnecting") : ""}
        </p>
        <main id="main" ref={main} tabIndex={-1} className={css["main"]}>
          {children}
        </main>
        <footer className={css["zone"]}>{t("shell.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</footer>
      </div>
      <Toasts />
      <Suspense>
        {shown === "palette" ? <Palette onClose={() => setShown(null)} onKeys={() => setShown("keys")} /> : null}
        {shown === "keys" ? <KeyList onClose={() => setShown(null)} /> : null}
      </Suspense>
    </div>
  );
}

function Sidebar({ collapsed, onToggle, onFind }: { collapsed: boolean; onToggle: () => void; onFind: () => void }) {
  const { t } = useTranslation();
  const paths = usePaths();
  return (
    <header className={css["side"]} data-collapsed={collapsed}>
      <div className={css["top"]}>
        <Link href={paths.home} className={css["brand"]} title={collapsed ? "AzuraForge" : undefined}>
          <Logo />
          <span className={collapsed ? "visually-hidden" : ""}>AzuraForge</span>
        </Link>
        <IconButton label={t(collapsed ? "shell.widen" : "shell.collapse")} onPress={onToggle} testId="collapse">
          <Icon name={collapsed ? "right" : "left"} size={16} />
        </IconButton>
      </div>
      <ProjectMenu collapsed={collapsed} />
      <FindButton collapsed={collapsed} onPress={onFind} />
      <Navigation collapsed={collapsed} />
      <Preferences collapsed={collapsed} />
    </header>
  );
}

/** The button that opens the palette and names its key. */
function FindButton({ collapsed, onPress }: { collapsed: boolean; onPress: () => void }) {
  const { t } = useTranslation();
  const key = /Mac|iP/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";
  return (
    <button type="button" className={css["find"]} onClick={onPress} title={t("palette.open")} data-testid="find">
      <Icon name="search" size={16} />
      <span className={collapsed ? "visually-hidden" : css["findText"]}>{t("palette.find")}</span>
      {collapsed ? null : <kbd aria-hidden="true">{key}</kbd>}
    </button>
  );
}

/** The bar of narrow screens, with the button that opens the drawer. */
function TopBar({ onFind }: { onFind: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const drawer = useRef<HTMLDialogElement>(null);
  const close = () => drawer.current?.close();
  return (
    <header className={css["bar"]}>
      <IconButton label={t("shell.openPlaces")} onPress={() => drawer.current?.showModal()} testId="open-drawer">
        <Icon name="menu" />
      </IconButton>
      <Link href={paths.home} className={css["brand"]}>
        <Logo />
        <span className={css["barName"]}>{session.name}</span>
      </Link>
      <IconButton label={t("palette.open")} onPress={onFind} testId="find">
        <Icon name="search" />
      </IconButton>
      {/* A press on the dialog itself is one next to its content; Escape closes it too. */}
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions */}
      <dialog ref={drawer} className={css["drawer"]} aria-label={t("shell.places")} onClick={(event) => { if (event.target === drawer.current) close(); }}>
        <div className={css["drawerInside"]}>
          <div className={css["top"]}>
            <span className={css["brand"]}>
              <Logo />
              AzuraForge
            </span>
            <IconButton label={t("common.close")} onPress={close}>
              <Icon name="cross" size={16} />
            </IconButton>
          </div>
          <ProjectMenu />
          <Navigation collapsed={false} onFollow={close} />
          <Preferences collapsed={false} />
        </div>
      </dialog>
    </header>
  );
}
