import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { pathsOf } from "../../routing/paths";
import { Icon } from "../../ui/Icon";
import { accountQuery } from "../account/api";
import { projectsQuery, usePaths, useSession } from "../session";
import css from "./Chooser.module.css";

// Not on every page's first load: its dialog is larger than the rest of the frame.
const CreateProject = lazy(() => import("./CreateProject").then((module) => ({ default: module.CreateProject })));

/** The project of the page, as a button that shows the person's other projects, a new one, and the account. */
export function ProjectMenu({ collapsed = false }: { collapsed?: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [creating, setCreating] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { data } = useQuery({ ...projectsQuery, enabled: open });
  const account = useQuery({ ...accountQuery, enabled: open });
  const projects = data?.items ?? [session];

  useEffect(() => {
    if (!open) return;
    const closeOutside = (event: Event) => {
      if (event.target instanceof Node && frame.current?.contains(event.target) === false) setOpen(false);
    };
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    document.addEventListener("keydown", closeOnEscape);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
      document.removeEventListener("keydown", closeOnEscape);
    };
  }, [open]);

  return (
    <div className={css["frame"]} ref={frame}>
      <button ref={button} type="button" className={css["project"]} aria-expanded={open} aria-controls={id} title={t("project.menu", { name: session.name })} onClick={() => setOpen(!open)} data-testid="project-menu">
        <span className="visually-hidden">{t("project.menu", { name: "" })} </span>
        {collapsed ? <span aria-hidden="true">{session.name.slice(0, 2)}</span> : null}
        <span className={collapsed ? "visually-hidden" : css["name"]}>{session.name}</span>
        <span hidden={collapsed} className={css["arrow"]} aria-hidden="true">
          <Icon name="right" size={14} />
        </span>
      </button>
      <nav id={id} className={css["popover"]} hidden={!open} aria-label={t("project.yours")}>
        <p className={css["header"]}>{t("project.yours")}</p>
        <ul className={css["list"]}>
          {projects.map(({ slug, name }) => (
            <li key={slug}>
              {/* Loads the page anew, so that nothing of the former project is left in it. */}
              <a className={css["item"]} href={pathsOf(slug).home} aria-current={slug === session.slug ? "true" : undefined}>
                <span className={css["name"]}>{name}</span>
                {slug === session.slug ? <Icon name="check" size={16} /> : null}
              </a>
            </li>
          ))}
        </ul>
        <button
          type="button"
          className={`${css["item"]} ${css["line"]}`}
          onClick={() => {
            setOpen(false);
            setCreating(true);
          }}
          data-testid="new-project"
        >
          {t("project.create")} …
        </button>
        <Link href={paths.settings} className={css["item"]} onClick={() => setOpen(false)} data-testid="project-settings">
          {t("settings.title")}
        </Link>
        {account.data?.administrator === true ? (
          <Link href={paths.administration} className={css["item"]} onClick={() => setOpen(false)} data-testid="administration">
            {t("administration.title")}
          </Link>
        ) : null}
      </nav>
      {creating ? (
        <Suspense>
          <CreateProject onClose={() => setCreating(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
