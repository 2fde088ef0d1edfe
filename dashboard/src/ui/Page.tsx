import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useTitle } from "../routing/useTitle";
import { GuideLink } from "./GuideLink";
import css from "./Page.module.css";

export interface Crumb {
  name: string;
  to: string;
}

interface PageHeaderProps {
  title: ReactNode;
  /** The pages above this one, outermost first. */
  crumbs?: readonly Crumb[];
  /** A line below the title: state, facts, links. */
  note?: ReactNode;
  /** The actions of the page. */
  children?: ReactNode;
}

/** Breadcrumbs, title with the link to its guide, and actions of a page. */
export function PageHeader({ title, crumbs = [], note, children }: PageHeaderProps) {
  const { t } = useTranslation();
  return (
    <div className={css["header"]}>
      {crumbs.length === 0 ? null : (
        <nav aria-label={t("shell.crumbs")} className={css["crumbs"]}>
          <ol>
            {crumbs.map(({ name, to }) => (
              <li key={to}>
                <Link href={to} dir="auto" title={name}>
                  {name}
                </Link>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className={css["line"]}>
        <div className={css["title"]}>
          <h1 dir="auto">{title}</h1>
          <GuideLink />
        </div>
        {children ? <div className={css["actions"]}>{children}</div> : null}
      </div>
      {note ? <div className={css["note"]}>{note}</div> : null}
    </div>
  );
}

/** A page: it names the browser's tab, shows its header and stacks its cards. */
export function Page({ title, tabTitle, children, actions, ...header }: Omit<PageHeaderProps, "children"> & { tabTitle?: string; actions?: ReactNode; children: ReactNode }) {
  useTitle(tabTitle ?? (typeof title === "string" ? title : ""));
  return (
    <div className={css["page"]}>
      <PageHeader title={title} {...header}>
        {actions}
      </PageHeader>
      {children}
    </div>
  );
}
