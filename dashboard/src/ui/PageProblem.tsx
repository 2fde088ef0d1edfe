import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Problem } from "../api/problem";
import { ErrorNotice } from "./Notice";
import { Page, type Crumb } from "./Page";
import { Skeleton } from "./Skeleton";

/** Return whether the subject of a page does not exist, or no longer. Any other error leaves the page as it is. */
export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

/** The page of something that is still being read, or that could not be read: the error, and a link to its list. */
export function PageProblem({ title, list, error }: { title: string; list: Crumb; error: unknown }) {
  const { t } = useTranslation();
  return (
    <Page title={title} crumbs={[list]}>
      {error === null ? <Skeleton lines={6} /> : <ErrorNotice error={error} />}
      {isMissing(error) ? (
        <p>
          <Link href={list.to}>{t("errors.toList", { list: list.name })}</Link>
        </p>
      ) : null}
    </Page>
  );
}
