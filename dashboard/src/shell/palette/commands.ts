// The actions of the palette: pages, new things, the person's other projects, theme, density and language.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { chooseLanguage } from "../../language/setup";
import { mayWrite, projectsQuery, usePaths, useSession } from "../../projects/session";
import { pathsOf } from "../../routing/paths";
import { chooseDensity, useDensity } from "../../theme/density";
import { chooseTheme } from "../../theme/theme";
import type { IconName } from "../../ui/Icon";
import { GO_KEYS } from "../keys";
import { placeGroups } from "../places";

export interface Command {
  id: string;
  name: string;
  /** Kind of thing, for example "page" or "run". */
  kind: string;
  icon: IconName;
  keys?: string;
  /** Other words that find it. */
  words?: string;
  run: () => void;
}

export function useCommands(onKeys: () => void): readonly Command[] {
  const { t, i18n } = useTranslation();
  const [, navigate] = useLocation();
  const session = useSession();
  const paths = usePaths();
  const density = useDensity();
  const { data } = useQuery(projectsQuery);
  const action = t("palette.action");
  const go: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(GO_KEYS).map(([key, place]) => [place, `g ${key}`]));
  const other = i18n.language === "tr" ? "en" : "tr";
  const make: readonly Command[] = mayWrite(session)
    ? [
        { id: "new-run", name: t("palette.newRun"), kind: action, icon: "plus", keys: "n", run: () => navigate(paths.newRun()) },
        { id: "new-study", name: t("palette.newStudy"), kind: action, icon: "plus", run: () => navigate(paths.newStudy) },
        { id: "add-data", name: t("palette.addData"), kind: action, icon: "plus", run: () => navigate(paths.datasets) },
        { id: "new-automation", name: t("palette.newAutomation"), kind: action, icon: "plus", run: () => navigate(paths.newAutomation) },
      ]
    : [];
  const pages = placeGroups(paths, session)
    .flatMap(({ places }) => places.flatMap((place) => [place, ...(place.below ?? [])]))
    .map((place): Command => ({ id: `page-${place.name}`, name: t(`shell.${place.name}`), kind: t("palette.page"), icon: place.icon ?? "right", ...(go[place.name] === undefined ? {} : { keys: go[place.name] ?? "" }), run: () => navigate(place.to) }));
  const projects = (data?.items ?? [])
    .filter(({ slug }) => slug !== session.slug)
    // Loads the page again, so that nothing of the former project is left in it.
    .map(({ slug, name }): Command => ({ id: `project-${slug}`, name: t("palette.switchTo", { name }), kind: t("palette.project"), icon: "right", words: slug, run: () => window.location.assign(pathsOf(slug).home) }));
  const themes = (["light", "dark", "auto"] as const).map((theme): Command => ({ id: `theme-${theme}`, name: t("palette.theme", { name: t(`theme.${theme}`) }), kind: action, icon: theme === "light" ? "sun" : theme === "dark" ? "moon" : "theme-auto", run: () => chooseTheme(theme) }));
  return [
    ...make,
    ...pages,
    ...projects,
    ...themes,
    { id: "density", name: t(`density.${density}`), kind: action, icon: "density", run: () => chooseDensity(density === "compact" ? "comfortable" : "compact") },
    { id: "language", name: other === "tr" ? "Türkçe" : "English", kind: action, icon: "right", words: "language dil", run: () => void chooseLanguage(other) },
    { id: "keys", name: t("keys.list"), kind: action, icon: "info", keys: "?", run: onKeys },
  ];
}

const plain = (text: string) => text.toLocaleLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/ı/g, "i");

/** The commands that contain every typed word, those whose name begins with the text first. */
export function matching(commands: readonly Command[], typed: string): readonly Command[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const found = commands.filter(({ name, words: more = "" }) => words.every((word) => plain(`${name} ${more}`).includes(word)));
  const begins = ({ name }: Command) => plain(name).startsWith(plain(typed.trim()));
  return [...found.filter(begins), ...found.filter((command) => !begins(command))];
}
