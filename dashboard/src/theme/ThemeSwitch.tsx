import { useTranslation } from "react-i18next";

import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { chooseTheme, nextTheme, useThemeChoice } from "./theme";

/** Button that cycles through the automatic, light and dark themes. */
export function ThemeSwitch() {
  const { t } = useTranslation();
  const choice = useThemeChoice();
  return (
    <IconButton
      label={t("theme.switch", { current: t(`theme.${choice}`) })}
      testId="theme-switch"
      onPress={() => chooseTheme(nextTheme(choice))}
    >
      <Icon name={choice === "auto" ? "theme-auto" : choice === "light" ? "sun" : "moon"} />
    </IconButton>
  );
}
