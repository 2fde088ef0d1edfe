import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { LiveStatus } from "../events/connection";
import { LanguageSwitch } from "../language/LanguageSwitch";
import { ProjectMenu } from "../projects/chooser/ProjectMenu";
import { mayManage, usePaths, useSession, useSignOut } from "../projects/session";
import { ThemeSwitch } from "../theme/ThemeSwitch";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Toasts } from "../ui/Toast";
import { Logo } from "./Logo";
import css from "./Shell.module.css";

/** Frame of every page: name, navigation, switches and the state of the live connection. */
export function Shell({ status, children }: { status: LiveStatus; children: ReactNode }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [location, navigate] = useLocation();
  const signOut = useSignOut(() => navigate("/sign-in", { replace: true }));
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  useEffect(() => {
    // A new page starts at its top, also for keyboard focus.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    window.scrollTo(0, 0);
  }, [location]);

  const places = [
    { to: paths.runs, name: t("shell.runs"), within: [paths.runs, paths.newRun()] },
    { to: paths.studies, name: t("shell.studies"), within: [paths.studies, paths.newStudy] },
    { to: paths.models, name: t("shell.models"), within: [paths.models] },
    { to: paths.datasets, name: t("shell.datasets"), within: [paths.datasets] },
    { to: paths.schedules, name: t("shell.schedules"), within: [paths.schedules, paths.newSchedule()] },
    { to: paths.automations, name: t("shell.automations"), within: [paths.automations] },
    { to: paths.plugins, name: t("shell.plugins"), within: [paths.plugins] },
    { to: paths.trash, name: t("shell.trash"), within: [paths.trash] },
  ];
  const managed = [
    { to: paths.members, name: t("shell.members"), within: [paths.members] },
    { to: paths.tokens, name: t("shell.tokens"), within: [paths.tokens] },
    { to: paths.secrets, name: t("shell.secrets"), within: [paths.secrets] },
  ];
  const linked = ({ to, name, within }: (typeof places)[number]) => (
    <Link key={to} href={to} className={css["place"]} aria-current={within.some((path) => location === path || location.startsWith(`${path}/`)) ? "page" : undefined}>
      {name}
    </Link>
  );

  return (
    <>
      <a href="#main" className={css["skip"]}>
        {t("shell.skip")}
      </a>
      <header className={css["bar"]}>
        <div className={css["inside"]}>
          <Link href={paths.runs} className={css["brand"]}>
            <Logo />
            <span>AzuraForge</span>
          </Link>
          <nav className={css["places"]} aria-label={t("shell.places")}>
            {places.map(linked)}
            <span className={css["together"]}>{managed.filter(({ to }) => to === paths.members || mayManage(session)).map(linked)}</span>
          </nav>
          <div className={css["tools"]}>
            <ProjectMenu />
            <LanguageSwitch />
            <ThemeSwitch />
            <IconButton label={t("shell.signOut")} onPress={() => signOut.mutate()}>
              <Icon name="sign-out" />
            </IconButton>
          </div>
        </div>
        <p className={css["offline"]} role="status">
          {status === "waiting" ? t("shell.reconnecting") : ""}
        </p>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={css["main"]}>
        {children}
      </main>
      <Toasts />
      <footer className={css["zone"]}>{t("shell.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</footer>
    </>
  );
}
