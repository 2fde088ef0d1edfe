import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import { pathsOf } from "../routing/paths";
import { useTitle } from "../routing/useTitle";
import { ErrorNotice, Loading } from "../ui/Notice";
import { projectsQuery } from "./session";
import css from "./SignInPage.module.css";

// Its dialog is larger than the rest of this page, which is part of the first load.
const NoProjectActions = lazy(() => import("./chooser/NoProject").then((module) => ({ default: module.NoProjectActions })));

/**
 * The page of a project that does not exist or that the person may not see, with links to the person's projects.
 * `former` is the name of a project that this page showed until now.
 */
export function UnknownProject({ slug, former }: { slug: string; former?: string | undefined }) {
  const { t } = useTranslation();
  const title = former === undefined ? t("project.unknownTitle") : t("project.formerTitle");
  useTitle(title);
  return (
    <main className={css["page"]} data-testid="unknown-project">
      <div className={css["panel"]}>
        <h1>{title}</h1>
        <p role="alert">{former === undefined ? t("project.unknown", { slug }) : t("project.former", { name: former })}</p>
        <OwnProjects />
      </div>
    </main>
  );
}

/** Links to the person's projects. They load the page anew, so that nothing of the former project is left in it. */
function OwnProjects() {
  const { t } = useTranslation();
  const { data, error } = useQuery(projectsQuery);
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return <Loading />;
  if (data.items.length === 0) {
    return (
      <>
        <p>{t("project.none")}</p>
        <Suspense fallback={<Loading />}>
          <NoProjectActions />
        </Suspense>
      </>
    );
  }
  return (
    <>
      <h2>{t("project.yours")}</h2>
      <ul>
        {data.items.map(({ slug, name }) => (
          <li key={slug}>
            <a href={pathsOf(slug).home}>{name}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
