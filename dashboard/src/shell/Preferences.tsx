import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { LanguageSwitch } from "../language/LanguageSwitch";
import { usePaths, useSession, useSignOut } from "../projects/session";
import { chooseDensity, useDensity } from "../theme/density";
import { ThemeSwitch } from "../theme/ThemeSwitch";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import css from "./Shell.module.css";

/** The signed-in person, and the choices of this browser: language, theme, density. */
export function Preferences({ collapsed }: { collapsed: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const density = useDensity();
  const [, navigate] = useLocation();
  const signOut = useSignOut(() => navigate("/sign-in", { replace: true }));
  const signedIn = t("project.signedIn", { user: session.person, role: t(`roles.${session.role}`) });
  return (
    <div className={css["foot"]}>
      <div className={css["choices"]}>
        <LanguageSwitch short={collapsed} />
        <ThemeSwitch />
        <IconButton label={t(`density.${density}`)} testId="density-switch" onPress={() => chooseDensity(density === "compact" ? "comfortable" : "compact")}>
          <Icon name="density" />
        </IconButton>
        <IconButton label={t("shell.signOut")} onPress={() => signOut.mutate()}>
          <Icon name="sign-out" />
        </IconButton>
      </div>
      <Link href={paths.account} className={css["person"]} title={signedIn} data-testid="person">
        <Icon name="person" />
        <span className={collapsed ? "visually-hidden" : css["personName"]}>
          {session.person} <span className={css["role"]}>{t(`roles.${session.role}`)}</span>
        </span>
      </Link>
    </div>
  );
}
